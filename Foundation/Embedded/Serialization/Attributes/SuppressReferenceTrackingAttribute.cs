namespace Orleans;

/// <summary>Values of the annotated type are written in full wherever they appear: no identity, no cycles.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class SuppressReferenceTrackingAttribute : Attribute;
