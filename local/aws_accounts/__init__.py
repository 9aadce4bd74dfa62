"""The accounts of the mesh as a platform team hands them over: roles, policies, data lake settings,
clusters.
"""
