namespace Orleans;

/// <summary>Names the parameterless constructor that makes instances, whatever its accessibility.</summary>
[AttributeUsage(AttributeTargets.Constructor)]
public class GeneratedActivatorConstructorAttribute : Attribute;
