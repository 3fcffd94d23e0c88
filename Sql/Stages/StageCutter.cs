using System.Globalization;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Reading;
using OrleansFlow.Sql.Statistics;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Stages;

/// <summary>Cuts a plan into stages at the places where rows must change hands. Pure: the same plan, options and sizes give the same stages. For one plan.</summary>
internal sealed partial class StageCutter
{
    // A filter that leaves less of a table is worth remembering.
    private const long SelectiveFactor = 4;

    private readonly StageOptions _options;
    private readonly SizeEstimator _sizes;
    private readonly List<PendingStage> _stages = [];
    private readonly Dictionary<int, (StagePart Part, PendingStage Stage)> _ctes = [];
    private readonly Dictionary<int, PlanNode> _reads = [];
    private readonly HashSet<PlanNode> _loose = new(ReferenceEqualityComparer.Instance);
    private int _scanCount;
    private int _inputCount;

    private StageCutter(StageOptions options, SizeEstimator sizes)
    {
        _options = options;
        _sizes = sizes;
    }

    /// <summary>Cuts a query.</summary>
    /// <param name="query">The planned query.</param>
    /// <param name="options">How many tasks there may be.</param>
    /// <param name="rowsOf">Rows of a table, for estimates.</param>
    /// <param name="tableOf">What else is known of a table; null: of none anything is.</param>
    public static CutPlan Cut(PlannedQuery query, StageOptions options, Func<string, long> rowsOf, Func<string, TableDescription?>? tableOf = null)
    {
        options.Validate();
        var sizes = new SizeEstimator(rowsOf, tableOf ?? (static _ => null));
        try
        {
            return CutAll(query, options, sizes);
        }
        catch (PlanReadException exception)
        {
            // One task that runs the user's text always has the right answer.
            return CutPlan.Local(query, [exception.Message], sizes.Rows(query.Plan));
        }
    }

    private static CutPlan CutAll(PlannedQuery query, StageOptions options, SizeEstimator sizes)
    {
        var cutter = new StageCutter(options, sizes);
        var root = cutter.ToSingle(cutter.Cut(query.Plan), null);
        if (cutter._stages.All(stage => stage.Part.IsSingle) && query.Calls.Count == 0)
        {
            // Nothing would run beside anything else: one task does it all, without exchanges. (Only a scan can make the rows of a call.)
            return CutPlan.Local(query, [.. cutter._stages.SelectMany(stage => stage.Part.Notes).Concat(root.Notes).Distinct()], root.RowCount);
        }

        cutter.Close(root);
        var plan = new CutPlan(query, cutter._stages);

        // What has no SQL form shows only now, and must not be found by a worker.
        plan.ToDistributedPlan();
        return plan;
    }

    private StagePart Cut(PlanNode node) => CutNode(node) with { RowCount = _sizes.Rows(node) };

    private StagePart CutNode(PlanNode node)
    {
        switch (node)
        {
            case ScanNode scan:
                return Scan(scan, []);
            case ValuesNode or TableFunctionNode:
                return new StagePart(node, 1);
            case CteReferenceNode reference:
                return Reference(reference);
            case FilterNode filter:
                var filtered = filter.Input is ScanNode wanted ? Scan(wanted, ScanConditions.Of(filter, wanted)) : Cut(filter.Input);
                return filtered.Over(filter with { Input = filtered.Node });
            case ProjectNode project:
                var projected = Cut(project.Input);
                return projected.Over(project with { Input = projected.Node }) with
                {
                    HashedBy = StagePart.Follow(projected.HashedBy, project.Values),
                };
            case UnnestNode unnest:
                var opened = Cut(unnest.Input);
                return opened.Over(unnest with { Input = opened.Node });
            case AggregateNode aggregate:
                return Aggregate(aggregate);
            case DistinctNode distinct:
                return Distinct(distinct);
            case WindowNode window:
                return Window(window);
            case SortNode sort:
                return Sort(sort);
            case SampleNode sample:
                var sampled = ToSingle(Cut(sample.Input), "a sample is drawn from all rows");
                return sampled.Over(sample with { Input = sampled.Node });
            case JoinNode join:
                return Join(join);
            case SetOperationNode operation:
                return SetOperation(operation);
            case CteNode cte:
                return Cte(cte);
            case RecursiveNode recursive:
                return Whole(recursive).WithNote("a recursive query runs in one task");
            default:
                throw new InvalidOperationException($"The operator {node.GetType().Name} has no rule.");
        }
    }

    private StagePart Scan(ScanNode scan, IReadOnlyList<ScanCondition> conditions)
    {
        var table = _sizes.TableOf(scan.Table);
        var wantedCount = TasksFor(scan);

        // A table of one part keeps its tasks: those without rows cost little, and what follows the scan stays in many.
        var taskCount = table is { PartCountMax: > 1 and var most } ? Math.Min(wantedCount, most) : wantedCount;
        var name = string.Create(CultureInfo.InvariantCulture, $"scan_{_scanCount++}");
        return new StagePart(new ScanNode(name, scan.Columns, scan.Types), taskCount)
        {
            Scans =
            [
                new StageScan(name, scan.Table, [.. scan.Columns.OfType<string>().Distinct(StringComparer.Ordinal)], 0, taskCount) { Conditions = conditions },
            ],
            Notes = (table?.WholeReason ?? table?.WholeFileReason) is { } reason && wantedCount > 1 ? [reason] : [],
        };
    }

    private int TasksFor(PlanNode node) => TasksFor(_sizes.Bytes(node));

    private int TasksFor(long bytes) => (int)Math.Clamp(((bytes - 1) / _options.BytesPerTask) + 1, 1, _options.TaskCountMax);

    /// <summary>Everything below in one task, as it stands: each scan read whole, each shared result collected.</summary>
    private StagePart Whole(PlanNode node)
    {
        var part = new StagePart(node, 1);
        var inner = node.SelfAndInputs().Select(item => item switch { CteNode cte => cte.Id, RecursiveNode recursive => recursive.Id, _ => -1 }).ToHashSet();
        PlanNode Replace(PlanNode item)
        {
            if (item is CteReferenceNode { Id: var read } && !inner.Contains(read) && _reads.TryGetValue(read, out var table))
            {
                return Replace(table);
            }

            if (item is ScanNode or CteReferenceNode && !(item is CteReferenceNode reference && inner.Contains(reference.Id)))
            {
                var source = item is ScanNode scan ? Scan(scan, []) : ToSingle(Reference((CteReferenceNode)item), null);
                foreach (var input in source.Inputs)
                {
                    input.Output.IsReadAgain = true;
                }

                part = part.Absorb(source with { Scans = [.. source.Scans.Select(read => read with { FirstTask = 0, TaskCount = 1 })] });
                return source.Node;
            }

            return item.Inputs.Count == 0 ? item : item.WithInputs(item.Inputs.Map(Replace));
        }

        var whole = Replace(node);
        return part with { Node = whole };
    }

    /// <summary>The part in one task, collected from many when it has to be.</summary>
    /// <param name="part">The part.</param>
    /// <param name="reason">Why it cannot stay in many; null where one is natural (the result, a few rows).</param>
    private StagePart ToSingle(StagePart part, string? reason)
    {
        if (part.IsSingle)
        {
            return part;
        }

        var single = Exchange(part, ExchangeKind.Coalesce, [], 1);
        return reason is null ? single : single.WithNote(reason);
    }

    /// <summary>The rows sent to where their keys belong.</summary>
    private StagePart Shuffle(StagePart part, IReadOnlyList<int> keys, int taskCount) =>
        Exchange(part, ExchangeKind.Shuffle, keys, taskCount) with { HashedBy = keys };

    /// <summary>Closes a part and begins one that reads it.</summary>
    private StagePart Exchange(StagePart part, ExchangeKind kind, IReadOnlyList<int> keys, int taskCount, IReadOnlyList<StageOrder>? order = null)
    {
        // A shared result that is only handed on goes there at once.
        if (part is { Node: InputNode, Inputs: [{ Output: { Kind: ExchangeKind.Coalesce } forward, FirstTask: 0 } only] }
            && forward.Stage.Outputs.Contains(forward) && only.TaskCount == forward.Stage.Part.TaskCount)
        {
            return Read(Describe(forward, kind, keys, taskCount, order), taskCount) with { RowCount = part.RowCount };
        }

        return Read(Describe(Close(part), kind, keys, taskCount, order), taskCount) with { RowCount = part.RowCount };
    }

    private PendingOutput Describe(PendingOutput output, ExchangeKind kind, IReadOnlyList<int> keys, int taskCount, IReadOnlyList<StageOrder>? order)
    {
        output.Kind = kind;
        output.Keys = keys;
        output.Order = order ?? [];
        output.PartitionCount = kind is ExchangeKind.Shuffle or ExchangeKind.RoundRobin ? taskCount * _options.PartitionsPerTask : 1;
        return output;
    }

    private PendingOutput Describe(PendingStage stage, ExchangeKind kind, IReadOnlyList<int> keys, int taskCount, IReadOnlyList<StageOrder>? order)
    {
        var output = new PendingOutput(stage, kind);
        stage.Outputs.Add(output);
        return Describe(output, kind, keys, taskCount, order);
    }

    private StagePart Read(PendingOutput output, int taskCount)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"in_{_inputCount++}");
        return new StagePart(new InputNode(name, output.Stage.Part.Node.Types), taskCount) { Inputs = [new PendingInput(name, output, 0, taskCount)] };
    }

    private PendingStage Close(StagePart part)
    {
        if (part.Node.Types.Any(type => type.HasUnnamedFields))
        {
            throw new PlanReadException("a row value without names cannot travel between tasks");
        }

        var stage = new PendingStage(_stages.Count + 1, part);
        _stages.Add(stage);
        return stage;
    }

    /// <summary>A shared result: a stage of its own, with an output for each reader.</summary>
    private StagePart Cte(CteNode cte)
    {
        _sizes.Learn(cte.Id, cte.Definition);
        if (IsReadAgain(cte.Definition))
        {
            _reads[cte.Id] = cte.Definition;
            return Cut(cte.Body);
        }

        var definition = Cut(cte.Definition);
        _ctes[cte.Id] = (definition, Close(definition));
        return Cut(cte.Body);
    }

    /// <summary>Whether a shared result is little more than a table, so that reading it twice costs less than keeping it.</summary>
    private bool IsReadAgain(PlanNode definition)
    {
        var node = definition is ProjectNode project && project.Values.All(value => value is ColumnReference) ? project.Input : definition;
        return node is ScanNode
            || (node is FilterNode { Input: ScanNode scan } filter && !VolatileFunctions.Occur(filter)
                && (_sizes.Bytes(scan) <= _options.BytesPerTask || _sizes.Bytes(filter) > _sizes.Bytes(scan) / SelectiveFactor));
    }

    // Task i reads what task i of the definition made, so that the rows stay spread as they were.
    private StagePart Reference(CteReferenceNode reference)
    {
        if (_reads.TryGetValue(reference.Id, out var definition))
        {
            return Cut(definition);
        }

        var (part, stage) = _ctes[reference.Id];
        return Read(Describe(stage, ExchangeKind.Coalesce, [], part.TaskCount, null), part.TaskCount) with { HashedBy = part.HashedBy };
    }
}
