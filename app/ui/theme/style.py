"""The one style sheet. Widgets ask for a look by role (`set_role`) and name no colours."""

from __future__ import annotations

from app.ui.theme.palette import BODY_POINTS, RADIUS, Tokens

_MARK = 14  # side of a check box with text of BODY_POINTS


def style_sheet(tokens: Tokens, points: float = BODY_POINTS) -> str:
    """The sheet for these tokens; lengths in device-independent pixels.

    Marks beside words are as large as letters of `points`, the size of body text.
    """
    mark = round(_MARK * points / BODY_POINTS)
    hover = tokens.mixed("text", 0.06)
    pressed = tokens.mixed("text", 0.12)
    chosen = tokens.mixed("accent", 0.16)
    accent_hover = tokens.mixed("accent", 0.88, "text")
    # An empty field is seen by its edge alone, which therefore reaches 3:1 (WCAG 1.4.11).
    entry = f"background: {tokens.surface}; border: 1px solid {tokens.mixed('text', 0.5)}"
    field = f"background: {tokens.surface}; border: 1px solid {tokens.border}"
    return f"""
QToolTip {{ background: {tokens.raised}; color: {tokens.text};
    border: 1px solid {tokens.border}; padding: 4px; }}
QMenu {{ background: {tokens.raised}; border: 1px solid {tokens.border}; padding: 4px; }}
QMenu::item {{ padding: 6px 16px; border-radius: 4px; }}
QMenu::item:selected {{ background: {chosen}; color: {tokens.text}; }}
QMenu::separator {{ height: 1px; background: {tokens.border}; margin: 4px 8px; }}
QSplitter::handle {{ background: {tokens.border}; }}
QScrollArea, QScrollArea > QWidget > QWidget[role="plain"]
    {{ border: none; background: transparent; }}

QWidget[role="rail"], QWidget[role="pane"], QWidget[role="status"]
    {{ background: {tokens.background}; }}
QWidget[role="ground"] {{ background: {tokens.surface}; }}
QFrame[role="line"] {{ background: {tokens.border}; border: none; }}
QGroupBox[role="card"], QFrame[role="popup"] {{ background: {tokens.raised};
    border: 1px solid {tokens.border}; border-radius: {RADIUS}px; }}
QGroupBox[role="card"] {{ margin: 0; padding: 1px; }}
QFrame[role="done"] {{ background: {tokens.raised}; border: 1px solid {tokens.border};
    border-radius: {RADIUS}px; }}
QGroupBox[role="card"]:focus {{ padding: 0; border: 2px solid {tokens.accent}; }}
QFrame[role="note"] {{ background: {tokens.mixed("text", 0.05)}; border: none;
    border-radius: {RADIUS}px; }}
QGroupBox[role="card"] QFrame[role="note"], QFrame[role="done"] QFrame[role="note"]
    {{ background: {tokens.mixed("text", 0.06, "raised")}; }}
QFrame[role="bubble"] {{ background: {tokens.mixed("accent", 0.10)}; border: none;
    border-radius: {RADIUS}px; }}
QFrame[role="find"] {{ border: none; border-bottom: 1px solid {tokens.border}; }}
QFrame[role="composer"] {{ {entry}; border-radius: {RADIUS}px; padding: 1px; }}
QFrame[role="composer"][active="true"] {{ padding: 0; border: 2px solid {tokens.accent}; }}

QPushButton, QToolButton, QCheckBox, QRadioButton {{ outline: none; }}

QLabel[role="secondary"], QLabel[role="section"] {{ color: {tokens.secondary}; }}
QLabel[role="danger"] {{ color: {tokens.danger}; }}
QLabel[role="warning"] {{ color: {tokens.warning}; }}
QLabel[role="good"] {{ color: {tokens.good}; }}
QLabel[role="badge"] {{ color: {tokens.secondary}; border: 1px solid {tokens.border};
    border-radius: 6px; padding: 1px 6px; }}
QLabel[role="badge"][reach="sends"] {{ color: {tokens.warning}; border-color: {tokens.warning}; }}

QPushButton {{ {field}; border-radius: 6px; padding: 5px 12px; color: {tokens.text}; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {pressed}; }}
QPushButton:focus {{ border: 2px solid {tokens.accent}; padding: 4px 11px; }}
QPushButton:disabled {{ color: {tokens.mixed("text", 0.4)}; }}
QPushButton[role="primary"] {{ background: {tokens.accent}; color: {tokens.on_accent};
    border: 1px solid {tokens.accent}; }}
QPushButton[role="primary"]:hover {{ background: {accent_hover}; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {tokens.text}; }}
QPushButton[role="primary"]:disabled {{ background: {tokens.mixed("accent", 0.4)};
    border-color: transparent; color: {tokens.on_accent}; }}
QPushButton[role="danger"] {{ color: {tokens.danger}; }}
QPushButton[role="quiet"], QToolButton {{ background: transparent; border: 1px solid transparent;
    border-radius: 6px; padding: 4px 6px; color: {tokens.text}; }}
QPushButton[role="quiet"]:hover, QToolButton:hover {{ background: {hover}; }}
QPushButton[role="quiet"]:pressed, QToolButton:pressed {{ background: {pressed}; }}
QPushButton[role="quiet"]:focus, QToolButton:focus {{ border: 2px solid {tokens.accent};
    padding: 3px 5px; }}
QWidget[role="rail"] QToolButton:checked {{ background: {chosen}; }}
QToolButton::menu-indicator {{ image: none; }}
QPushButton[role="quiet"][subdued="true"] {{ color: {tokens.secondary}; }}
QPushButton[role="option"] {{ padding: 0; }}
QPushButton[role="option"]:checked {{ background: {chosen}; border: 1px solid {tokens.accent}; }}
QPushButton[role="option"]:focus {{ border: 2px solid {tokens.accent}; padding: 0; }}
QPushButton[role="example"], QPushButton[role="example"]:focus {{ padding: 0;
    border-radius: {RADIUS}px; }}

QLineEdit, QAbstractSpinBox, QTimeEdit {{ {entry}; border-radius: 6px;
    padding: 5px 8px; selection-background-color: {tokens.accent};
    selection-color: {tokens.on_accent}; }}
QLineEdit:focus, QAbstractSpinBox:focus {{ border: 2px solid {tokens.accent};
    padding: 4px 7px; }}
QLineEdit[readOnly="true"] {{ background: transparent; color: {tokens.secondary}; }}
QPlainTextEdit[role="entry"], QTextBrowser[role="message"] {{ background: transparent;
    border: none; }}
QPlainTextEdit, QTextBrowser {{ selection-background-color: {tokens.accent};
    selection-color: {tokens.on_accent}; }}

QProgressBar {{ background: {tokens.mixed("text", 0.10)}; border: none; border-radius: 3px;
    max-height: 6px; }}
QProgressBar::chunk {{ background: {tokens.accent}; border-radius: 3px; }}

QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {tokens.mixed("text", 0.25, "background")};
    border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }}
QScrollBar::handle:disabled {{ background: transparent; }}
QScrollBar::handle:hover {{ background: {tokens.mixed("text", 0.45, "background")}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QListView, QTreeView {{ background: transparent; border: none; outline: none; }}
QListView::item {{ border-radius: 6px; padding: 6px 8px; }}
QListView::item:hover {{ background: {hover}; }}
QListView::item:selected {{ background: {chosen}; color: {tokens.text}; }}
QListView::item:selected:focus {{ border: 2px solid {tokens.accent}; padding: 4px 6px; }}

QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QListView[role="offered"] {{ background: {tokens.raised}; border: 1px solid {tokens.border};
    padding: 4px; }}
QCheckBox, QRadioButton {{ spacing: 6px; padding: 2px; border: 2px solid transparent;
    border-radius: 6px; }}
QCheckBox:focus, QRadioButton:focus {{ border: 2px solid {tokens.accent}; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: {mark}px; height: {mark}px;
    background: {tokens.surface}; border: 1px solid {tokens.secondary}; }}
QCheckBox::indicator {{ border-radius: 4px; }}
QCheckBox::indicator:checked {{ background: {tokens.accent}; border-color: {tokens.accent}; }}
QRadioButton::indicator {{ border-radius: {(mark + 2) // 2}px; }}
QRadioButton::indicator:checked {{ border-color: {tokens.accent};
    background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
    stop: 0.38 {tokens.surface}, stop: 0.46 {tokens.accent}); }}
"""
