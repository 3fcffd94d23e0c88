namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>Says which connector a class of the kit tries.</summary>
/// <param name="connector">Its name in texts.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class ConformsAttribute(string connector) : Attribute
{
    public string Connector => connector;
}
