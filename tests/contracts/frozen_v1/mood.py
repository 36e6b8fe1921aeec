from chatkit.plugin_api import Classifier


class Mood(Classifier):
    name = "mood"
    examples = [
        {"text": "good fun", "label": "happy"},
        {"text": "awful and dull", "label": "sad"},
    ]
