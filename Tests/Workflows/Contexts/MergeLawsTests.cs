using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Workflows.Contexts;

/// <summary>Goal: the checker that users call finds each broken law and says what broke it.</summary>
public sealed class MergeLawsTests
{
    [Fact]
    public void Check_OfAdditionAsMerge_SaysThatRepeatsCountTwice()
    {
        var violations = MergeLaws.Check([new Sum(1), new Sum(2)], MergeLaw.All & ~MergeLaw.Delta);

        var violation = Assert.Single(violations);
        Assert.Equal(MergeLaw.Idempotence, violation.Law);
        Assert.Equal([0], violation.Samples);
        Assert.Contains("""{"Value":2} should be {"Value":1}""", violation.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OfTheOtherSideWins_SaysThatOrderShows() =>
        Assert.Equal(MergeLaw.Commutativity | MergeLaw.Identity, Laws(MergeLaws.Check([new Newest(1), new Newest(2)], MergeLaw.All & ~MergeLaw.Delta)));

    [Fact]
    public void Check_OfMeanAsMerge_SaysThatGroupingShows() =>
        Assert.True(Laws(MergeLaws.Check([new Mean(1), new Mean(2), new Mean(4)])).HasFlag(MergeLaw.Associativity));

    [Fact]
    public void Check_OfTwoFixedValuesInOneRun_SaysThatOrderShows() =>
        Assert.Equal(MergeLaw.Commutativity, Laws(MergeLaws.Check([Fixed<int>.Of(1), Fixed<int>.Of(2)])) & MergeLaw.Commutativity);

    [Fact]
    public void Require_OfABrokenType_ThrowsAllViolationsAtOnce()
    {
        var thrown = Assert.Throws<FlowException>(() => MergeLaws.Require([new Newest(1), new Newest(2)]));

        Assert.Equal(FlowErrorCode.BadInput, thrown.Code);
        Assert.True(thrown.Problems.Count >= 2);
        Assert.All(thrown.Problems, problem => Assert.Equal("merge_law", problem.Code));
    }

    [Fact]
    public void Check_TakesOneToSixtyFourSamples()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MergeLaws.Check<NoContext>([]));
        Assert.Empty(MergeLaws.Check(new NoContext[64]));
        Assert.Throws<ArgumentOutOfRangeException>(() => MergeLaws.Check(new NoContext[65]));
    }

    private static MergeLaw Laws(IReadOnlyList<MergeLawViolation> violations) => violations.Aggregate(MergeLaw.None, (laws, violation) => laws | violation.Law);

    public sealed record Sum(int Value) : IMergeable<Sum>
    {
        public static Sum Empty { get; } = new(0);

        public Sum Merge(Sum other) => new(Value + other.Value);
    }

    public sealed record Newest(int Value) : IMergeable<Newest>
    {
        public static Newest Empty { get; } = new(0);

        public Newest Merge(Newest other) => other;
    }

    public sealed record Mean(double Value) : IMergeable<Mean>
    {
        public static Mean Empty { get; } = new(0);

        public Mean Merge(Mean other) => new((Value + other.Value) / 2);
    }
}
