using System.Globalization;

namespace OrleansFlow.Workflows;

/// <summary>The keys of the grains that keep definitions.</summary>
public static class WorkflowDefinitionKeys
{
    /// <summary>The key of a definition's <see cref="IWorkflowDefinitionGrain"/>: <c>NAME@VERSION</c>.</summary>
    /// <param name="name">The workflow's name.</param>
    /// <param name="version">Its version, from 1.</param>
    public static string Of(string name, int version) => string.Create(CultureInfo.InvariantCulture, $"{name}@{version}");
}
