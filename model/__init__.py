"""The delivery protocol as a model, checked by Spin: intact it holds, and without any one of its guards it breaks."""
