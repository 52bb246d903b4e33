"""Settings: defaults, ranges, and errors that name the variable and the cure."""

from pathlib import Path

import pytest

from app.settings import PROJECT, SettingsError, read_settings


class TestReadSettings:
    def test_needs_nothing(self) -> None:
        settings = read_settings(environment={})
        assert settings.database_url is None
        assert settings.redis_url is None
        assert settings.yahoo_base_url is None
        assert settings.port == 8000
        assert settings.harvest
        assert settings.state == PROJECT / ".vb"
        assert settings.dashboard == PROJECT / "frontend" / "dist"
        assert settings.log_level == "INFO"

    def test_lets_the_development_servers_call(self) -> None:
        assert read_settings(environment={}).web_origins == (
            "http://127.0.0.1:5173",
            "http://127.0.0.1:5174",
            "http://localhost:5173",
            "http://localhost:5174",
        )

    def test_takes_what_is_given(self) -> None:
        settings = read_settings(
            environment={
                "DATABASE_URL": "postgresql://vb:secret@127.0.0.1:5432/vb",
                "REDIS_URL": "redis://127.0.0.1:6379/0",
                "VB_STATE": "/srv/vb",
                "VB_PORT": "8123",
                "VB_HARVEST": "Off",
                "VB_YAHOO_BASE_URL": "http://127.0.0.1:9000",
                "VB_WEB_ORIGINS": "https://a.example, https://b.example",
                "VB_DASHBOARD": "/srv/dashboard",
                "VB_LOG_LEVEL": "debug",
            }
        )
        assert settings.required_database_url() == "postgresql://vb:secret@127.0.0.1:5432/vb"
        assert settings.redis_url == "redis://127.0.0.1:6379/0"
        assert settings.state == Path("/srv/vb")
        assert settings.port == 8123
        assert not settings.harvest
        assert settings.yahoo_base_url == "http://127.0.0.1:9000"
        assert settings.web_origins == ("https://a.example", "https://b.example")
        assert settings.dashboard == Path("/srv/dashboard")
        assert settings.log_level == "DEBUG"

    def test_counts_an_empty_variable_as_not_set(self) -> None:
        empty = {"DATABASE_URL": "", "VB_PORT": "", "VB_WEB_ORIGINS": ""}
        assert read_settings(environment=empty) == read_settings(environment={})

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "eight", "80.5", "²"])
    def test_refuses_a_port_outside_its_range(self, port: str) -> None:
        with pytest.raises(SettingsError, match="VB_PORT .* from 1 to 65535"):
            read_settings(environment={"VB_PORT": port})

    def test_refuses_another_database_than_postgresql(self) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL .* postgresql://"):
            read_settings(environment={"DATABASE_URL": "sqlite:///vb.db"})

    def test_refuses_an_unknown_log_level(self) -> None:
        with pytest.raises(SettingsError, match="VB_LOG_LEVEL .* DEBUG, INFO, WARNING, ERROR"):
            read_settings(environment={"VB_LOG_LEVEL": "loud"})

    def test_refuses_a_switch_that_is_neither_on_nor_off(self) -> None:
        with pytest.raises(SettingsError, match="VB_HARVEST is 'no'; set it to on or off"):
            read_settings(environment={"VB_HARVEST": "no"})

    def test_says_what_to_do_without_a_database(self) -> None:
        with pytest.raises(SettingsError, match=r"DATABASE_URL is not set.*\./vb up"):
            read_settings(environment={}).required_database_url()
