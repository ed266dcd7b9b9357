"""How the parts of drawings look, on a screen and on paper: readable in black and white too."""

STYLE = """
svg{display:block;width:100%;overflow:visible}
svg text{font-size:12px;fill:#222}svg .small{font-size:10.5px;fill:#555}svg .axis{stroke:#8a8f98}
svg .grid{stroke:#e3e6ea}svg .lane{fill:#f6f8fa}svg .weekend{fill:#eceff3}
svg .first{fill:#2f6fa7}svg .second{fill:#9dc3e6}svg .third{fill:#f0b860}svg .fourth{fill:#a9a9a9}
svg .stay{fill:#2f6fa7;stroke:#fff;stroke-width:.6}svg .visit{fill:#5b9bd5}svg .purchase{fill:#d9932f}
svg .hit{fill:#c00000}svg .range{fill:#dbe3ec}svg .middle{fill:#b4c7dc}svg .rung{stroke:#7d93ab;stroke-width:.8}
svg .median{stroke:#1f4e78;stroke-width:2.5}svg .self{fill:#1f4e78;stroke:#fff}svg .strange{fill:#c00000;stroke:#fff}
svg .own{fill:none;stroke:#c00000;stroke-width:2}
svg .peers{fill:none;stroke:#5b7fa5;stroke-width:1.6;stroke-dasharray:5 3}
svg .recent{fill:#fff3d6}
svg rect,svg line,svg circle,svg polygon,svg polyline{print-color-adjust:exact}
"""
