"""The map in another site's page: light, without Streamlit, without a cookie."""
