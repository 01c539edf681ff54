from custom_components.bacs.pace import LEAST_RATE_PER_S, MOST_RATE_PER_S, TURN_S, Budget


def spent(budget: Budget) -> int:
    """Spend everything; return how much that was."""
    count = 0
    while not budget.is_empty:
        budget.spend()
        count += 1
    return count


def test_everything_may_be_written_at_once_and_then_each_in_its_turn() -> None:
    entities = 4000
    budget = Budget()
    budget.fill(100.0, entities)
    assert spent(budget) == entities
    budget.fill(101.0, entities)
    assert spent(budget) == entities / TURN_S
    budget.fill(100.0 + 10 * TURN_S, entities)
    assert spent(budget) == entities


def test_a_large_site_takes_no_more_time_than_others_can_spare() -> None:
    budget = Budget()
    budget.fill(0.0, 40_000)
    assert spent(budget) == 40_000
    budget.fill(1.0, 40_000)
    assert spent(budget) == MOST_RATE_PER_S


def test_a_small_site_is_never_kept_waiting() -> None:
    budget = Budget()
    for second in range(20):
        budget.fill(float(second), 60)
        for _ in range(60):
            assert not budget.is_empty
            budget.spend()


def test_even_without_an_entity_something_may_be_written() -> None:
    budget = Budget()
    budget.fill(0.0, 0)
    assert spent(budget) == LEAST_RATE_PER_S
