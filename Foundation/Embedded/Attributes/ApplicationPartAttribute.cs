namespace Orleans;

/// <summary>Names an assembly that holds grain code; written by the code generator.</summary>
/// <param name="assemblyName">The name of the assembly.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class ApplicationPartAttribute(string assemblyName) : Attribute
{
    /// <summary>The name of the assembly.</summary>
    public string AssemblyName { get; } = assemblyName;
}
