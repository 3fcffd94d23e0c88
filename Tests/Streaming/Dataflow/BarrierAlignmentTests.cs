using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Dataflow;

public class BarrierAlignmentTests
{
    [Fact]
    public void SingleInput_IsAlignedAtOnce()
    {
        var alignment = new BarrierAlignment(1);

        Assert.Equal(AlignmentStep.Complete, alignment.OnBarrier(0, Of(1)));
        Assert.False(alignment.IsBlocked(0));
    }

    [Fact]
    public void Input_ThatDelivered_IsBlockedUntilAllHave()
    {
        var alignment = new BarrierAlignment(3);

        Assert.Equal(AlignmentStep.Started, alignment.OnBarrier(1, Of(1)));
        Assert.Equal((false, true, false), Blocked(alignment));
        Assert.Equal(AlignmentStep.Waiting, alignment.OnBarrier(0, Of(1)));
        Assert.Equal((true, true, false), Blocked(alignment));
        Assert.Equal(AlignmentStep.Complete, alignment.OnBarrier(2, Of(1)));
        Assert.Equal((false, false, false), Blocked(alignment));
        Assert.Equal(1, alignment.LastEpoch);
    }

    [Fact]
    public void InputThatEnded_IsNotAwaited()
    {
        var alignment = new BarrierAlignment(3);
        Assert.Null(alignment.OnEnded(2));

        alignment.OnBarrier(0, Of(1));

        Assert.Equal(AlignmentStep.Complete, alignment.OnBarrier(1, Of(1)));
    }

    [Fact]
    public void EndOfTheLastAwaitedInput_CompletesTheBarrier()
    {
        var alignment = new BarrierAlignment(3);
        alignment.OnBarrier(0, Of(4));
        Assert.Null(alignment.OnEnded(1));

        Assert.Equal(4, alignment.OnEnded(2)?.Epoch);
        Assert.False(alignment.IsBlocked(0));
        Assert.Null(alignment.Pending);
    }

    [Fact]
    public void NewerEpoch_GivesUpTheOlderOne()
    {
        var alignment = new BarrierAlignment(3);
        alignment.OnBarrier(0, Of(1));

        Assert.Equal(AlignmentStep.Started, alignment.OnBarrier(1, Of(2)));
        Assert.Equal((false, true, false), Blocked(alignment));
        Assert.Equal(AlignmentStep.Ignored, alignment.OnBarrier(2, Of(1)));
        Assert.False(alignment.IsBlocked(2));
        Assert.Equal(AlignmentStep.Waiting, alignment.OnBarrier(0, Of(2)));
        Assert.Equal(AlignmentStep.Complete, alignment.OnBarrier(2, Of(2)));
    }

    [Fact]
    public void AbortedEpoch_LeavesNoInputBlocked_AndItsLateBarriersAreIgnored()
    {
        var alignment = new BarrierAlignment(3);
        alignment.OnBarrier(0, Of(1));
        alignment.OnBarrier(1, Of(1));

        Assert.True(alignment.Abort(1));
        Assert.Equal((false, false, false), Blocked(alignment));
        Assert.Equal(AlignmentStep.Ignored, alignment.OnBarrier(2, Of(1)));
        Assert.Equal(AlignmentStep.Started, alignment.OnBarrier(2, Of(2)));
    }

    [Fact]
    public void Abort_OfAnOlderEpoch_LeavesTheNewerOneAlone()
    {
        var alignment = new BarrierAlignment(3);
        alignment.OnBarrier(0, Of(3));

        Assert.False(alignment.Abort(2));
        Assert.True(alignment.IsBlocked(0));
    }

    /// <summary>Random readers over random inputs: epochs complete in order, also when a barrier is lost, and nothing stays blocked.</summary>
    [Fact]
    public void RandomInterleavings_KeepTheLineOfEveryEpoch()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var inputs = random.Next(1, 5);
            const int Epochs = 6;
            var lost = random.Next(3) == 0 ? random.Next(1, Epochs) : 0;
            var queues = Enumerable.Range(0, inputs).Select(input => Script(random, Epochs, lost, input)).ToArray();
            var alignment = new BarrierAlignment(inputs);
            var completed = new List<long>();
            while (queues.Any(queue => queue.Count > 0))
            {
                var readable = Enumerable.Range(0, inputs).Where(input => queues[input].Count > 0 && !alignment.IsBlocked(input)).ToList();
                Assert.True(readable.Count > 0, $"seed {seed}: all inputs are blocked");
                var chosen = readable[random.Next(readable.Count)];
                var epoch = queues[chosen].Dequeue();
                var ended = queues[chosen].Count == 0;
                if (epoch > 0 && alignment.OnBarrier(chosen, Of(epoch)) == AlignmentStep.Complete)
                {
                    completed.Add(epoch);
                }

                if (ended && alignment.OnEnded(chosen) is { } closed)
                {
                    completed.Add(closed.Epoch);
                }
            }

            Assert.Equal(completed.Order().Distinct(), completed);
            Assert.Equal(Epochs, completed[^1]);
            Assert.All(Enumerable.Range(0, inputs), input => Assert.False(alignment.IsBlocked(input)));
        }
    }

    /// <summary>Zeros are rows; the barrier of the lost epoch is missing at the first input.</summary>
    private static Queue<long> Script(Random random, int epochs, int lost, int input)
    {
        var script = new Queue<long>();
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            for (var rows = random.Next(4); rows > 0; rows--)
            {
                script.Enqueue(0);
            }

            if (epoch != lost || input != 0)
            {
                script.Enqueue(epoch);
            }
        }

        return script;
    }

    private static CheckpointBarrier Of(long epoch) => new(epoch, 0, DateTimeOffset.UnixEpoch, ThenStop: false);

    private static (bool First, bool Second, bool Third) Blocked(BarrierAlignment alignment) =>
        (alignment.IsBlocked(0), alignment.IsBlocked(1), alignment.IsBlocked(2));
}
