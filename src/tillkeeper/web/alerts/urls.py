"""Addresses of alerts and of their rules."""

from django.urls import path

from tillkeeper.web.alerts import acknowledging, listing, rule_editing, rules

urlpatterns = [
    path("", listing.index, name="alerts"),
    path("acknowledge/", acknowledging.acknowledge_many, name="alerts-acknowledge"),
    path("rules/", rules.index, name="alerts-rules"),
    path("rules/new/", rule_editing.new, name="alerts-rules-new"),
    path("rules/<int:number>/", rules.detail, name="alert-rule"),
    path("rules/<int:number>/edit/", rule_editing.edit, name="alert-rule-edit"),
    path("rules/<int:number>/switch/", rule_editing.switch, name="alert-rule-switch"),
    path("<int:number>/", listing.detail, name="alert"),
    path("<int:number>/acknowledge/", acknowledging.acknowledge_one, name="alert-acknowledge"),
    path("<int:number>/note/", acknowledging.note, name="alert-note"),
]
