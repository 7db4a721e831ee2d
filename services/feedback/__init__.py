"""Feedback: what the borrower says, agrees and deserves.

owns: promises to pay and how they were judged, hardship claims, disputes, complaints, wishes about contact
hears: collections.repayments.v1, collections.risk.v1, collections.contacts.v1; people and apps by HTTP
says: collections.feedback.v1
"""
