"""What every detector keeps to, and what runs, weighs, explains and measures it."""
