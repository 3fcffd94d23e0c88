using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Sql.Adaptive;

/// <summary>
/// Which stages of a plan start together, and what must have ended before. Stages that hand rows to each other without keeping them start together;
/// rows that are kept are read when they are whole. Pure.
/// </summary>
public sealed class StageSteps
{
    private StageSteps(IReadOnlyList<IReadOnlyList<int>> groups, IReadOnlyList<IReadOnlySet<int>> needs) => (Groups, Needs) = (groups, needs);

    /// <summary>Positions of the stages that start together, ascending; every stage is in one group.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Groups { get; }

    /// <summary>For each group the positions of stages of other groups that must have ended before it starts.</summary>
    public IReadOnlyList<IReadOnlySet<int>> Needs { get; }

    /// <summary>Finds them.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="isKept">Whether the rows of an output are kept, by position of the stage and number of the output.</param>
    /// <param name="waits">Stages that had better wait for another one, as (who, for whom): positions. Those that would wait in a circle, or for what starts with them, do not.</param>
    public static StageSteps Of(DistributedPlan plan, Func<int, int, bool> isKept, IEnumerable<(int Stage, int For)> waits)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(isKept);
        ArgumentNullException.ThrowIfNull(waits);
        var positions = plan.Stages.Select((stage, position) => (stage.Id, position)).ToDictionary(pair => pair.Id, pair => pair.position);
        var groupOf = Enumerable.Range(0, plan.Stages.Count).ToArray();
        var edges = new List<(int Stage, int For)>();
        for (var reader = 0; reader < plan.Stages.Count; reader++)
        {
            foreach (var input in plan.Stages[reader].Inputs)
            {
                if (isKept(positions[input.StageId], input.OutputIndex))
                {
                    edges.Add((reader, positions[input.StageId]));
                }
                else
                {
                    Join(groupOf, reader, positions[input.StageId]);
                }
            }
        }

        // Rows that are kept between stages that start together anyway, in a circle of groups: they all start at once, as without steps.
        while (Circle(groupOf, edges) is { Count: > 0 } circle)
        {
            foreach (var group in circle)
            {
                Join(groupOf, group, circle[0]);
            }
        }

        foreach (var wait in waits)
        {
            if (groupOf[wait.Stage] != groupOf[wait.For] && Circle(groupOf, [.. edges, wait]).Count == 0)
            {
                edges.Add(wait);
            }
        }

        var groups = Enumerable.Range(0, groupOf.Length).GroupBy(stage => groupOf[stage]).ToList();
        return new StageSteps(
            [.. groups.Select(group => group.ToList())],
            [.. groups.Select(group => edges.Where(edge => groupOf[edge.Stage] == group.Key && groupOf[edge.For] != group.Key).Select(edge => edge.For).ToHashSet())]);
    }

    private static void Join(int[] groupOf, int one, int other)
    {
        var (from, to) = (groupOf[one], groupOf[other]);
        for (var stage = 0; stage < groupOf.Length; stage++)
        {
            groupOf[stage] = groupOf[stage] == from ? to : groupOf[stage];
        }
    }

    /// <summary>Groups that wait in a circle, or for such a one; a stage of each.</summary>
    private static List<int> Circle(int[] groupOf, List<(int Stage, int For)> edges)
    {
        var open = groupOf.ToHashSet();
        while (open.RemoveWhere(group => !edges.Exists(edge => groupOf[edge.Stage] == group && groupOf[edge.For] != group && open.Contains(groupOf[edge.For]))) > 0)
        {
            // What waits for nothing that is still open is in no circle.
        }

        return [.. open.Select(group => Array.IndexOf(groupOf, group))];
    }
}
