using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>
/// Typed functions by name: a program holds the name only, and each process that runs it has the function registered. A name may carry a version, <c>fares@2</c>: a program
/// that wants another one than is there is refused, and state goes over from one version to the next.
/// </summary>
public static class HostFunctions
{
    /// <summary>Registers a scalar function.</summary>
    /// <param name="registry">The operators of a process.</param>
    /// <param name="name">As programs name it; not empty.</param>
    /// <param name="make">Called once for each subtask; the instance is of that subtask alone.</param>
    /// <returns>The registry.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public static OperatorRegistry AddScalarFunction<TIn, TOut>(this OperatorRegistry registry, string name, Func<ScalarFunction<TIn, TOut>> make) => Add(registry, "scalar", name, make, Scalar(make));

    /// <summary>Registers a table function.</summary>
    /// <inheritdoc cref="AddScalarFunction"/>
    public static OperatorRegistry AddTableFunction<TIn, TOut>(this OperatorRegistry registry, string name, Func<TableFunction<TIn, TOut>> make) => Add(registry, "table", name, make, Table(make));

    /// <summary>Registers an async function.</summary>
    /// <inheritdoc cref="AddScalarFunction"/>
    public static OperatorRegistry AddAsyncFunction<TIn, TOut>(this OperatorRegistry registry, string name, Func<AsyncFunction<TIn, TOut>> make) => Add(registry, "async", name, make, Calls(make));

    /// <summary>Registers an aggregate function.</summary>
    /// <inheritdoc cref="AddScalarFunction"/>
    public static OperatorRegistry AddAggregateFunction<TKey, TIn, TAccumulator, TOut>(
        this OperatorRegistry registry, string name, Func<AggregateFunction<TKey, TIn, TAccumulator, TOut>> make) => Add(registry, "aggregate", name, make, Aggregate(make));

    /// <summary>Registers a process function over records.</summary>
    /// <inheritdoc cref="AddScalarFunction"/>
    public static OperatorRegistry AddProcess<TKey, TIn, TOut>(this OperatorRegistry registry, string name, Func<ProcessFunction<TKey, TIn, TOut>> make) => Add(registry, "process", name, make, Process(make));

    /// <summary>The kind of operator that runs a function.</summary>
    internal static string KindOf(string kind, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return $"{kind}:{name}";
    }

    internal static Func<OperatorDefinition, StreamElement> Scalar<TIn, TOut>(Func<ScalarFunction<TIn, TOut>> make) => definition =>
    {
        var function = make();
        return new RowFunctionOperator<TIn, TOut>(definition, function.GetType().Name, (row, output) =>
        {
            if (function.Map(row) is { } made)
            {
                output.Add(made);
            }
        });
    };

    internal static Func<OperatorDefinition, StreamElement> Table<TIn, TOut>(Func<TableFunction<TIn, TOut>> make) => definition =>
    {
        var function = make();
        return new RowFunctionOperator<TIn, TOut>(definition, function.GetType().Name, function.Expand);
    };

    internal static Func<OperatorDefinition, StreamElement> Calls<TIn, TOut>(Func<AsyncFunction<TIn, TOut>> make) =>
        definition => new AsyncOperator<TIn, TOut>(definition, KnownOperators.Read(AsyncFunctionConfig.Parser, definition), make());

    internal static Func<OperatorDefinition, StreamElement> Aggregate<TKey, TIn, TAccumulator, TOut>(Func<AggregateFunction<TKey, TIn, TAccumulator, TOut>> make) => definition =>
    {
        var config = KnownOperators.Read(AggregateFunctionConfig.Parser, definition);
        return ProcessOperator.Create(definition, () => new AggregateProcess<TKey, TIn, TAccumulator, TOut>(definition, config, make()), config.KeyColumns);
    };

    internal static Func<OperatorDefinition, StreamElement> Process<TKey, TIn, TOut>(Func<ProcessFunction<TKey, TIn, TOut>> make) => definition =>
    {
        var keys = KnownOperators.Read(Google.Protobuf.WellKnownTypes.FieldMask.Parser, definition).Paths;
        return ProcessOperator.Create(definition, () => new TypedProcess<TKey, TIn, TOut>(definition, keys, make()), keys);
    };

    private static OperatorRegistry Add(OperatorRegistry registry, string kind, string name, object make, Func<OperatorDefinition, StreamElement> create)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(make);
        return registry.Add(KindOf(kind, name), create);
    }
}
