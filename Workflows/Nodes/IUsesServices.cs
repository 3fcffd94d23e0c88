namespace OrleansFlow.Workflows.Nodes;

/// <summary>A node that may ask the services for something: steps of its workflow then get a scope of their own.</summary>
internal interface IUsesServices
{
    bool UsesServices { get; }
}
