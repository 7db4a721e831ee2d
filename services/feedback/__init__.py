"""Feedback: what the borrower says, agrees and deserves.

owns: promises to pay and how they were judged, hardship claims, disputes, complaints, wishes about contact
hears: collections.repayments.v1; people and apps by HTTP
says: collections.feedback.v1

What scoring and contact say is numbered here too, so that nothing is lost for the day it is acted upon.
"""
