namespace OrleansFlow.Workflows.Definitions;

/// <summary>A node seen from its input: what an edge may lead to.</summary>
/// <typeparam name="T">What it takes.</typeparam>
public interface IAccepts<in T>
{
    /// <summary>The node's name.</summary>
    string Name { get; }
}
