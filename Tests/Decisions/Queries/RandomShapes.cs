using System.Collections.Immutable;
using OrleansFlow.Decisions.Queries;

namespace OrleansFlow.Tests.Decisions.Queries;

/// <summary>Random stages of queries.</summary>
internal static class RandomShapes
{
    /// <summary>Up to five stages, of which each reads the one before it and perhaps others; the last one has one task.</summary>
    public static ImmutableArray<StageShape> Stages(Random random)
    {
        var stages = new List<StageShape>();
        var count = random.Next(1, 6);
        for (var index = 0; index < count; index++)
        {
            var tasks = index == count - 1 ? 1 : random.Next(1, 5);
            var inputs = new List<StageLink>();
            for (var producer = 0; producer < index; producer++)
            {
                if (producer == index - 1 || random.Next(3) == 0)
                {
                    var first = random.Next(tasks);
                    var link = new StageLink(producer, random.Next(2) == 0, random.Next(3) == 0, first, random.Next(1, tasks - first + 1));
                    inputs.Add(random.Next(4) > 0 ? link : link with { Reads = Reads(random, tasks, stages[producer].TaskCount) });
                }
            }

            stages.Add(new StageShape(tasks, [.. inputs], []) { IsVolatile = random.Next(3) == 0 });
        }

        return [.. stages];
    }

    private static ImmutableArray<ProducerRange> Reads(Random random, int readerCount, int producerCount)
    {
        var reads = ImmutableArray.CreateBuilder<ProducerRange>();
        for (var reader = 0; reader < readerCount; reader++)
        {
            var first = random.Next(producerCount);
            reads.Add(new ProducerRange(first, random.Next(producerCount - first + 1)));
        }

        return reads.ToImmutable();
    }
}
