using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Workflows.Contexts;

/// <summary>Goal: every context type of ours keeps every law. Method: random histories of branches, all pairs and triples of them.</summary>
public sealed class MergeLawPropertyTests
{
    [Fact]
    public void GrowCounter_KeepsTheLaws() => Replicas.HoldLaws<GrowCounter>((value, step, clock) => value.Add(clock.Writer, step));

    [Fact]
    public void UpDownCounter_KeepsTheLaws() => Replicas.HoldLaws<UpDownCounter>((value, step, clock) => value.Add(clock.Writer, step - 128));

    [Fact]
    public void LastWriter_KeepsTheLaws() => Replicas.HoldLaws<LastWriter<int>>((value, step, clock) => value.Set(step, clock));

    [Fact]
    public void AddWinsSet_KeepsTheLaws() => Replicas.HoldLaws<AddWinsSet<string>>(ChangeSet);

    [Fact]
    public void EventLog_KeepsTheLaws() => Replicas.HoldLaws<EventLog<int>>((value, step, clock) => value.Append(step, clock));

    [Fact]
    public void MergeMap_OfSets_KeepsTheLaws() => Replicas.HoldLaws<MergeMap<AddWinsSet<string>>>(
        (value, step, clock) => value.Change($"k{step % 3}", set => ChangeSet(set, (byte)(step / 3), clock)));

    [Fact]
    public void Record_OfMergeables_KeepsTheLaws() => Replicas.HoldLaws<OrderContext>((value, step, clock) => value with
    {
        Lines = value.Lines.Add(clock.Writer, step % 5),
        Seen = ChangeSet(value.Seen, step, clock),
        Customer = value.Customer.IsUnset && clock.Writer.Value == "start" ? Fixed<string>.Of("c1") : value.Customer,
    });

    [Fact]
    public void Fixed_KeepsTheLaws_ForWhatOneRunCanHold() => Assert.Empty(MergeLaws.Check([Fixed<int>.Of(7), Fixed<int>.Empty]));

    [Fact]
    public void NoContext_KeepsTheLaws() => Assert.Empty(MergeLaws.Check([default(NoContext)]));

    private static AddWinsSet<string> ChangeSet(AddWinsSet<string> set, byte step, HybridClock clock) =>
        step % 4 == 0 ? set.Remove($"i{step / 4 % 4}") : set.Add($"i{step / 4 % 4}", clock.Writer);

    /// <summary>What a user writes by hand.</summary>
    public sealed record OrderContext(GrowCounter Lines, AddWinsSet<string> Seen, Fixed<string> Customer) : IMergeable<OrderContext>
    {
        public static OrderContext Empty { get; } = new(GrowCounter.Empty, AddWinsSet<string>.Empty, Fixed<string>.Empty);

        public OrderContext Merge(OrderContext other) => new(Lines.Merge(other.Lines), Seen.Merge(other.Seen), Customer.Merge(other.Customer));

        public OrderContext DeltaSince(OrderContext before) =>
            new(Lines.DeltaSince(before.Lines), Seen.DeltaSince(before.Seen), Customer.DeltaSince(before.Customer));
    }
}
