"""The gallery: every component in every state, for people who build with them and for pictures of the docs.

python -m desktop.views.gallery                     the window
python -m desktop.views.gallery --shots DIR         pictures of every page in every theme, then ends
"""
