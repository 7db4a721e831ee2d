"""Contact.

owns: what to do and when: treatment, plan, the gate, addresses, holds, sending
hears: collections.repayments.v1, collections.risk.v1, collections.feedback.v1
says: collections.contacts.v1
"""
