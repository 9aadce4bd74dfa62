"""What a landing zone makes in a domain's account, as a CloudFormation template: what the local AWS makes, and what AWS
needs to share between accounts.

Source of the resource types and their properties: "AWS resource and property types reference", CloudFormation user guide.
"""

from __future__ import annotations

from typing import Any

from interline.contracts import Domain
from interline.contracts.model.domain import ADMINISTRATOR
from local.aws_accounts import roles

AIRFLOW = "interline-airflow"
_SHARING = "arn:aws:iam::aws:policy/AWSLakeFormationCrossAccountManager"
"""AWS's own policy for whoever grants to other accounts (AWS Managed Policy Reference): Lake Formation makes the shares in AWS
Resource Access Manager as the caller. The local AWS has no such service, so its roles go without."""


def account_template(domain: Domain, platform_account: str) -> dict[str, Any]:
    """The template of one domain's account; `platform_account` is where Airflow's role is."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The account of the domain {domain.name}, before platform.onboard prepares it",
        "Parameters": {
            "SubnetGroup": {
                "Type": "String",
                "Description": "Redshift subnet group of the account's network",
            },
        },
        "Resources": {
            "Administrator": _role(
                ADMINISTRATOR, roles.administrator_trust(platform_account), roles.administrator_policy(domain)
            ),
            "DomainRole": _role(
                domain.role_arn.rpartition("/")[2],
                roles.domain_trust(platform_account, AIRFLOW),
                roles.domain_policy(domain),
            ),
            "DataLake": {
                "Type": "AWS::LakeFormation::DataLakeSettings",
                "Properties": {
                    "Admins": [{"DataLakePrincipalIdentifier": {"Fn::GetAtt": ["Administrator", "Arn"]}}],
                    "CreateDatabaseDefaultPermissions": [],
                    "CreateTableDefaultPermissions": [],
                    "Parameters": {"CROSS_ACCOUNT_VERSION": "4"},
                },
            },
            "Cluster": {
                "Type": "AWS::Redshift::Cluster",
                "Properties": {
                    "ClusterIdentifier": domain.cluster,
                    "ClusterType": "multi-node",
                    "NodeType": "ra3.large",
                    "NumberOfNodes": 2,
                    "DBName": domain.cluster,
                    "MasterUsername": "interline",
                    "ManageMasterPassword": True,
                    "IamRoles": [{"Fn::GetAtt": ["DomainRole", "Arn"]}],
                    "ClusterSubnetGroupName": {"Ref": "SubnetGroup"},
                    "Encrypted": True,
                    "PubliclyAccessible": False,
                },
            },
        },
    }


def _role(name: str, trust: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "MaxSessionDuration": 43200,
            "ManagedPolicyArns": [_SHARING],
            "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": name, "PolicyDocument": policy}],
        },
    }
