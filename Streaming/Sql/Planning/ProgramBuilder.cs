using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>A program that grows.</summary>
internal sealed class ProgramBuilder
{
    private readonly Program _program = new();
    private readonly Dictionary<string, int> _names = new(StringComparer.OrdinalIgnoreCase);

    public Program Program => _program;

    /// <summary>Adds a node of one operator, with an edge from where its rows come.</summary>
    /// <param name="name">What the operator's id begins with: ids are the same whenever the same text is planned.</param>
    /// <param name="plan">The operator.</param>
    /// <param name="schema">The rows that leave it; null for a sink.</param>
    /// <param name="parallelism">Its subtasks.</param>
    /// <param name="from">Where its rows come from; null for a source.</param>
    /// <param name="keyColumns">Places of the columns whose hash decides the subtask; null: rows go straight on.</param>
    public StreamPart Add(string name, StreamOperatorPlan plan, ArrowSchema? schema, uint parallelism, StreamPart? from, IReadOnlyList<uint>? keyColumns = null)
    {
        var part = AddNode(name, plan, schema, parallelism);
        if (from is not null)
        {
            var isForward = keyColumns is null && from.Parallelism == parallelism;
            AddEdge(from, part, isForward ? EdgeKind.Forward : EdgeKind.Shuffle, keyColumns);
        }

        return part with { IsUpdating = from?.IsUpdating ?? false };
    }

    /// <summary>Adds a node of one operator that rows come to from one or two sides, each by the hash of its keys.</summary>
    /// <param name="name">What the operator's id begins with.</param>
    /// <param name="plan">The operator.</param>
    /// <param name="schema">The rows that leave it.</param>
    /// <param name="parallelism">Its subtasks; without keys one.</param>
    /// <param name="sides">Where rows come from, and the places of their keys.</param>
    public StreamPart AddKeyed(string name, StreamOperatorPlan plan, ArrowSchema schema, uint parallelism, IReadOnlyList<(StreamPart From, IReadOnlyList<uint> KeyColumns)> sides)
    {
        var part = AddNode(name, plan, schema, parallelism);
        for (var side = 0; side < sides.Count; side++)
        {
            var kind = sides.Count == 1 ? EdgeKind.Shuffle : side == 0 ? EdgeKind.LeftJoin : EdgeKind.RightJoin;
            AddEdge(sides[side].From, part, kind, sides[side].KeyColumns);
        }

        return part;
    }

    /// <summary>Adds a node that takes rows from several others as they come.</summary>
    public StreamPart AddMerge(string name, StreamOperatorPlan plan, ArrowSchema schema, uint parallelism, IReadOnlyList<StreamPart> sources)
    {
        var part = AddNode(name, plan, schema, parallelism);
        foreach (var source in sources)
        {
            AddEdge(source, part, source.Parallelism == parallelism ? EdgeKind.Forward : EdgeKind.Shuffle, null);
        }

        return part with { IsUpdating = sources[0].IsUpdating };
    }

    /// <summary>Gives the operator of a part a second output.</summary>
    /// <param name="part">The part.</param>
    /// <param name="schema">The rows of it.</param>
    /// <returns>They.</returns>
    public StreamPart AddSide(StreamPart part, ArrowSchema schema)
    {
        _program.Nodes.Single(node => node.Id == part.Node).Chain[^1].SideSchema = ProgramSchema.Write(schema);
        return new StreamPart(part.Node, part.Parallelism, schema) { IsSide = true };
    }

    private StreamPart AddNode(string name, StreamOperatorPlan plan, ArrowSchema? schema, uint parallelism)
    {
        var id = (uint)_program.Nodes.Count + 1;
        _names[name] = _names.GetValueOrDefault(name) + 1;
        var operatorId = _names[name] == 1 ? name : $"{name}-{_names[name]}";
        _program.Nodes.Add(new ProgramNode
        {
            Id = id,
            Description = operatorId,
            Parallelism = parallelism,
            Chain =
            {
                new ProgramOperator
                {
                    Id = operatorId,
                    Kind = plan.Kind,
                    Description = operatorId,
                    Config = plan.Config?.ToByteString() ?? ByteString.Empty,
                    OutputSchema = schema is null ? ByteString.Empty : ProgramSchema.Write(schema),
                },
            },
        });
        return new StreamPart(id, parallelism, schema ?? new ArrowSchema());
    }

    private void AddEdge(StreamPart from, StreamPart to, EdgeKind kind, IReadOnlyList<uint>? keyColumns) =>
        _program.Edges.Add(new ProgramEdge { Source = from.Node, Target = to.Node, Kind = kind, KeyColumns = { keyColumns ?? [] }, IsSide = from.IsSide });
}

/// <summary>Rows of a program so far.</summary>
/// <param name="Node">The node that they leave.</param>
/// <param name="Parallelism">Its subtasks.</param>
/// <param name="Schema">The rows: their columns, then what they carry along (see <see cref="TimedPlans"/>).</param>
internal sealed record StreamPart(uint Node, uint Parallelism, ArrowSchema Schema)
{
    /// <summary>Whether rows are taken back: then a column of bools before the event time says of each row whether it is.</summary>
    public bool IsUpdating { get; init; }

    /// <summary>Whether they are those of the node's second output.</summary>
    public bool IsSide { get; init; }
}
