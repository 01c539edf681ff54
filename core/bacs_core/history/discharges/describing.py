"""The string as it is when it is discharged: kept with the discharge, for the plant may change."""

from __future__ import annotations

from bacs_core.api.discharge_messages import Battery
from bacs_core.chemistries import end_voltage_v
from bacs_core.model import String


def battery_of(string: String) -> Battery:
    """Describe a string."""
    return Battery(
        string_key=string.key,
        manager_id=string.manager_id,
        number=string.number,
        name=string.name,
        chemistry=string.chemistry,
        cell_count=string.cell_count,
        cell_voltage_v=string.cell_voltage_v,
        float_voltage_v=string.float_voltage_v,
        end_voltage_v=end_voltage_v(string),
        capacity_ah=string.capacity_ah,
        rated_hours=string.rated_hours,
        module_type=string.module_type,
    )
