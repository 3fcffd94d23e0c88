namespace OrleansFlow.Workflows.Stores;

/// <summary>Names one version of a definition.</summary>
/// <param name="Name">The workflow's name.</param>
/// <param name="Version">Its version, from 1.</param>
public readonly record struct WorkflowVersion(string Name, int Version)
{
    /// <summary><c>NAME@VERSION</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name}@{Version}");
}
