using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <summary>A stage of a query, as far as placing its tasks and running them again cares.</summary>
/// <param name="TaskCount">Tasks, at least 1.</param>
/// <param name="Inputs">Whose rows its tasks read; always of stages before it.</param>
/// <param name="Preferred">Ids of the workers that each task is near to, by the task's number; shorter or empty where it does not matter.</param>
public sealed record StageShape(int TaskCount, ImmutableArray<StageLink> Inputs, ImmutableArray<string> Preferred)
{
    /// <summary>Whether anything is wrong with a list of stages; null for nothing.</summary>
    /// <param name="stages">Producers before consumers.</param>
    public static string? Fault(ImmutableArray<StageShape> stages)
    {
        if (stages.IsDefaultOrEmpty)
        {
            return "A query needs at least one stage.";
        }

        for (var index = 0; index < stages.Length; index++)
        {
            if (stages[index].TaskCount < 1)
            {
                return $"Stage {index} has {stages[index].TaskCount} tasks; it needs at least 1.";
            }

            foreach (var input in stages[index].Inputs)
            {
                if (input.Producer < 0 || input.Producer >= index)
                {
                    return $"Stage {index} reads stage {input.Producer}, which is not before it.";
                }
            }
        }

        return stages[^1].TaskCount == 1 ? null : $"The last stage has {stages[^1].TaskCount} tasks; the result is made by 1.";
    }
}

/// <summary>That a stage reads another one.</summary>
/// <param name="Producer">Position of the other stage.</param>
/// <param name="IsMaterialized">Whether its rows are kept, so that they can be read again; else they are gone when they are read.</param>
/// <param name="IsGrouped">Whether each producer task is read by one task, in contiguous groups; else each is read by every task that reads at all.</param>
/// <param name="FirstTask">First task that reads rows.</param>
/// <param name="TaskCount">Tasks that read rows, at least 1.</param>
public readonly record struct StageLink(int Producer, bool IsMaterialized, bool IsGrouped, int FirstTask, int TaskCount)
{
    /// <summary>The producer tasks that a task reads; none for a task that reads no rows.</summary>
    /// <param name="task">The reading task.</param>
    /// <param name="producerCount">Tasks of the producing stage.</param>
    public (int First, int Count) ReadBy(int task, int producerCount)
    {
        var consumer = task - FirstTask;
        if (consumer < 0 || consumer >= TaskCount)
        {
            return (0, 0);
        }

        if (!IsGrouped)
        {
            return (0, producerCount);
        }

        var group = (producerCount + TaskCount - 1) / TaskCount;
        var first = consumer * group;
        return first >= producerCount ? (0, 0) : (first, Math.Min(group, producerCount - first));
    }
}
