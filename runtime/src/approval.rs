//! How a person is asked, and what makes an answer one.
