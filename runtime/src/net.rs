//! Where a connection may go.
