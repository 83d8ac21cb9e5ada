//! What a request to a model may hold, and what an answer used.
