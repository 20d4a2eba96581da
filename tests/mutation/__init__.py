"""Mutation testing: does a test notice when a line means something else?"""
