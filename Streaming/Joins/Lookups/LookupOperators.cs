using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>Adds lookups to a registry.</summary>
public static class LookupOperators
{
    /// <summary>Adds a kind of lookup, whose operators keep answers, retry and give up by the limits of the program.</summary>
    /// <param name="registry">Gets it.</param>
    /// <param name="kind">As programs name it; a connector names it by <see cref="Sql.Planning.StreamConnector.Lookup"/>.</param>
    /// <param name="make">Called once for each subtask; throws a <see cref="Errors.FlowException"/> when the config is wrong.</param>
    /// <returns>The registry.</returns>
    public static OperatorRegistry AddLookup(this OperatorRegistry registry, string kind, Func<LookupDefinition, ILookupSource> make)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(make);
        return registry.Add(kind, definition => LookupOperator.Create(definition, KnownOperators.Read(LookupConfig.Parser, definition), make));
    }
}
