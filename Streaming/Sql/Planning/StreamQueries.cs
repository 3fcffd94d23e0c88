using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Rendering;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>
/// Makes operators of the engine's plans: from its top down to the first node that keeps something between rows, a plan is one text; that node is an operator
/// of its own, over the parts below it.
/// </summary>
internal sealed partial class StreamQueries(SqlPlanner planner, StreamTables tables, ProgramBuilder program, StreamPlanOptions options)
{
    /// <summary>Subtasks of each operator that may have several; <c>SET parallelism</c> changes it for what follows.</summary>
    public uint Parallelism { get; set; } = options.Parallelism;

    /// <summary>The rows of a plan, with what they carry along.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="name">What ids of its operators begin with.</param>
    /// <param name="cancellationToken">Stops planning.</param>
    /// <exception cref="FlowException"><c>bad_input</c>, <c>unsupported</c>: streams cannot do it.</exception>
    public Task<StreamPart> AddAsync(PlanNode plan, string name, CancellationToken cancellationToken)
    {
        var whole = Inline(plan, []);
        ResultChanges?.CheckQuery(whole);
        return PartAsync(whole, name, cancellationToken);
    }

    private async Task<StreamPart> PartAsync(PlanNode plan, string name, CancellationToken cancellationToken)
    {
        var leaf = TimedPlans.LeafOf(plan);
        var (from, rows) = leaf switch
        {
            ScanNode scan => tables.Read(scan),
            WindowedScanNode scan => tables.Read(scan.Scan),
            AssignWindowNode assign => await AssignAsync(assign, name, cancellationToken),
            AggregateNode aggregate => await AggregateAsync(aggregate, name, cancellationToken),
            LookupNode lookup => await LookUpAsync(lookup, name, cancellationToken),
            JoinNode join => await JoinAsync(join, name, cancellationToken),
            WindowNode window => await FunctionsAsync(window, name, cancellationToken),
            DistinctNode distinct => await DistinctAsync(distinct, name, cancellationToken),
            SetOperationNode operation => await SetAsync(operation, name, cancellationToken),
            _ => throw Unsupported(leaf),
        };
        var carried = TimedPlans.Carried(from.IsUpdating);
        var timed = PlanSimplifier.Simplify(TimedPlans.Over(plan, rows, carried.Count));
        if (timed is InputNode && from.Schema.Fields.Count == plan.Types.Count + carried.Count)
        {
            return from;
        }

        var config = new SqlConfig { Sql = Render(timed) };
        return program.Add(name, new StreamOperatorPlan(SqlOperator.Kind, config), await SchemaAsync(plan.Types, from.IsUpdating, cancellationToken), from.Parallelism, from);
    }

    /// <summary>The rows that a node gives out, for the plan above it.</summary>
    private static InputNode Rows(ValueList<SqlType> types, bool isUpdating) => new(SqlOperator.InputView, [.. types, .. TimedPlans.Carried(isUpdating)]);

    private static string Render(PlanNode plan)
    {
        var sql = SqlRenderer.Render(PlanSimplifier.Simplify(plan));
        return WindowCalls.IsIn(sql)
            ? throw new FlowException(FlowErrorCode.BadInput, "A time window function is not allowed in this context. Are you missing a GROUP BY clause?")
            : sql;
    }

    private async Task<ArrowSchema> SchemaAsync(ValueList<SqlType> types, bool isUpdating, CancellationToken cancellationToken)
    {
        var carried = isUpdating ? new[] { ChangeRows.RetractField, EventTime.Field } : [EventTime.Field];
        if (types.Count == 0)
        {
            return new ArrowSchema(carried);
        }

        var columns = types.Select((type, place) => $"CAST(NULL AS {type}) AS c{place}");
        var described = await planner.DescribeAsync($"SELECT {string.Join(", ", columns)}", cancellationToken);
        return new ArrowSchema([.. described.Fields, .. carried]);
    }

    /// <summary>Streams read what a text names twice twice: there is no moment at which it is complete.</summary>
    private PlanNode Inline(PlanNode plan, Dictionary<int, PlanNode> named)
    {
        switch (plan)
        {
            case CteNode cte:
                named[cte.Id] = Inline(cte.Definition, named);
                return Inline(cte.Body, named);
            case CteReferenceNode reference when named.TryGetValue(reference.Id, out var definition):
                return definition;
            case ScanNode scan when tables.WindowsOf(scan) is { Count: > 0 } windows:
                return new WindowedScanNode(scan, windows);
            default:
                var made = plan.Inputs.Count == 0 ? plan : plan.WithInputs(plan.Inputs.Map(input => Inline(input, named)));
                return made is JoinNode join ? LookupJoins.Found(JoinKeys.Found(join), tables) : made;
        }
    }

    private static FlowException Unsupported(PlanNode node) => new(FlowErrorCode.Unsupported, node switch
    {
        SortNode => "ORDER BY and LIMIT are not supported over streams, which have no end.",
        ValuesNode => "This query reads no table, or never gives a row of it.",
        RecursiveNode or CteReferenceNode => "WITH RECURSIVE is not supported over streams.",
        _ => $"{node.GetType().Name.Replace("Node", "", StringComparison.Ordinal)} is not supported over streams.",
    });
}
