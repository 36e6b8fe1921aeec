"""The Textual app: shows a conversation, holds no model code."""
