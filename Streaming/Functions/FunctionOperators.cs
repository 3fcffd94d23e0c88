using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Functions;

/// <summary>Functions by name: a program holds the name only, and each process that runs it has the function registered.</summary>
public static class FunctionOperators
{
    private const string KindPrefix = "process:";

    /// <summary>The kind of operator that runs a process function.</summary>
    /// <param name="name">Of the function; not empty.</param>
    public static string KindOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return KindPrefix + name;
    }

    /// <summary>Registers a process function.</summary>
    /// <param name="registry">The operators of a process.</param>
    /// <param name="name">As programs name it; not empty.</param>
    /// <param name="make">Called once for each subtask; the instance is of that subtask alone.</param>
    /// <returns>The registry.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public static OperatorRegistry AddProcess(this OperatorRegistry registry, string name, Func<ProcessFunction> make)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(make);
        return registry.Add(KindOf(name), definition => ProcessOperator.Create(definition, make));
    }

    /// <summary>The operator of a program that runs a registered process function. The edge to it is a shuffle by the key columns.</summary>
    /// <param name="id">Id of the operator, to which its state belongs.</param>
    /// <param name="name">Name of the function.</param>
    /// <param name="keyColumns">Names of the key columns; at least one.</param>
    /// <param name="output">What goes out.</param>
    public static ProgramOperator Process(string id, string name, IReadOnlyList<string> keyColumns, ArrowSchema output)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(keyColumns);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfZero(keyColumns.Count, nameof(keyColumns));
        return new ProgramOperator
        {
            Id = id,
            Kind = KindOf(name),
            OutputSchema = ProgramSchema.Write(output),
            Config = new FieldMask { Paths = { keyColumns } }.ToByteString(),
        };
    }
}
