using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <summary>A stage of a query, as far as placing its tasks and running them again cares.</summary>
/// <param name="TaskCount">Tasks; 0 for a stage that is held: its tasks are known only when others have ended.</param>
/// <param name="Inputs">Whose rows its tasks read; always of stages before it.</param>
/// <param name="Preferred">Ids of the workers that each task is near to, by the task's number; shorter or empty where it does not matter.</param>
public sealed record StageShape(int TaskCount, ImmutableArray<StageLink> Inputs, ImmutableArray<string> Preferred)
{
    /// <summary>Whether a task that runs again may make other rows; who has read the older ones then runs again too.</summary>
    public bool IsVolatile { get; init; }

    /// <summary>Whether its tasks are not known yet.</summary>
    public bool IsHeld => TaskCount == 0;

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
            if (stages[index].TaskCount < 0)
            {
                return $"Stage {index} has {stages[index].TaskCount} tasks; it needs at least 1, or 0 to be held.";
            }

            foreach (var input in stages[index].Inputs)
            {
                if (input.Producer < 0 || input.Producer >= index)
                {
                    return $"Stage {index} reads stage {input.Producer}, which is not before it.";
                }

                if (stages[input.Producer].IsHeld && !stages[index].IsHeld)
                {
                    return $"Stage {index} has tasks and reads stage {input.Producer}, which is held.";
                }

                if (input.Fault(stages[index].TaskCount, stages[input.Producer].TaskCount) is { } fault)
                {
                    return $"Stage {index}: {fault}";
                }
            }
        }

        return stages[^1].TaskCount <= 1 ? null : $"The last stage has {stages[^1].TaskCount} tasks; the result is made by 1.";
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
    /// <summary>The producer tasks that each task reads, by its number; none where the other values say it.</summary>
    public ImmutableArray<ProducerRange> Reads { get; init; } = [];

    /// <summary>What is wrong with <see cref="Reads"/>; null for nothing.</summary>
    /// <param name="readerCount">Tasks of the reading stage.</param>
    /// <param name="producerCount">Tasks of the producing stage.</param>
    public string? Fault(int readerCount, int producerCount)
    {
        if (Reads.IsDefaultOrEmpty)
        {
            return null;
        }

        return Reads.Length == readerCount && Reads.All(range => range.First >= 0 && range.Count >= 0 && range.First <= producerCount - range.Count)
            ? null
            : $"what {Reads.Length} tasks read of stage {Producer} is said, of {readerCount} tasks and {producerCount} producers.";
    }

    /// <summary>The producer tasks that a task reads; none for a task that reads no rows.</summary>
    /// <param name="task">The reading task.</param>
    /// <param name="producerCount">Tasks of the producing stage.</param>
    public (int First, int Count) ReadBy(int task, int producerCount)
    {
        if (!Reads.IsDefaultOrEmpty)
        {
            return (Reads[task].First, Reads[task].Count);
        }

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

/// <summary>Neighbouring tasks of a producing stage.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many; 0 for none.</param>
public readonly record struct ProducerRange(int First, int Count);

/// <summary>A stage that was held and has tasks from now on.</summary>
/// <param name="Stage">Its position.</param>
/// <param name="Shape">What it is; at least one task.</param>
public sealed record StageRelease(int Stage, StageShape Shape);
