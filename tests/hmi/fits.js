// Runs in a page: names what a finger or a glove cannot hit, what is cut, and what makes the page scroll sideways.
([target, action]) => {
    const told = [];
    const changes = ".bacs-action, .bacs-hold, .bacs-mute, .bacs-actions button, .bacs-choice button, .bacs-pad button";
    const name = (each) => `${each.tagName.toLowerCase()}.${each.className.baseVal ?? each.className}`
        + ` "${(each.ariaLabel || each.textContent).trim().slice(0, 60)}"`;
    const shown = (each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        && !each.closest(".bacs-mirror, .bacs-keyboard");
    const screen = document.documentElement;
    if (screen.scrollWidth > innerWidth) told.push(`the page is ${screen.scrollWidth} wide`);
    for (const each of document.querySelectorAll(".bacs *")) {
        if (!shown(each)) continue;
        const box = each.getBoundingClientRect();
        const wordy = each.matches("h1, h2, button") && each.textContent.trim();
        if (wordy && box.width <= 1) told.push(`no room: ${name(each)}`);
        if (box.width <= 1 || box.height <= 1) continue;
        const style = getComputedStyle(each);
        if (each.matches("button, a[href], input, select, summary, [role=button], [role=slider]")) {
            const area = each.matches("input") ? (each.closest("label") ?? each).getBoundingClientRect() : box;
            const least = each.matches(changes) ? action : target;
            if (area.width < least || area.height < least)
                told.push(`small: ${name(each)} ${box.width.toFixed()}x${box.height.toFixed()}`);
        }
        if (wordy && each.scrollWidth > each.clientWidth + 1) told.push(`does not fit: ${name(each)}`);
        if (["auto", "scroll"].includes(style.overflowX) && each.scrollWidth > each.clientWidth + 1)
            told.push(`scrolls sideways: ${name(each)}`);
        const hasText = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (hasText && style.display !== "inline" && style.overflowX !== "visible"
            && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 2)
            && style.overflowY !== "auto")
            told.push(`cut: ${name(each)}`);
        if (hasText && (box.right > innerWidth + 1 || box.left < -1)) told.push(`outside: ${name(each)}`);
    }
    return told;
}
