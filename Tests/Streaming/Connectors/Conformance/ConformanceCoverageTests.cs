using System.Reflection;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>No connector without the kit.</summary>
public class ConformanceCoverageTests
{
    public static TheoryData<string> Connectors() => [.. KnownConnectors.All.Select(connector => connector.Name)];

    [Theory]
    [MemberData(nameof(Connectors))]
    public void EveryConnector_RunsTheKit_ForEachOfItsSides(string name)
    {
        var connector = KnownConnectors.All.Single(one => one.Name == name);
        var tried = typeof(ConformanceCoverageTests).Assembly.GetTypes().Where(type => !type.IsAbstract && type.GetCustomAttribute<ConformsAttribute>()?.Connector == name).ToList();

        Assert.Equal((Has(connector, nameof(StreamConnector.Source)), Has(connector, nameof(StreamConnector.Sink))), (tried.Exists(type => type.IsSubclassOf(typeof(SourceConformance))), tried.Exists(type => type.IsSubclassOf(typeof(SinkConformance)))));
    }

    private static bool Has(StreamConnector connector, string side) => connector.GetType().GetMethod(side)!.DeclaringType != typeof(StreamConnector);
}
