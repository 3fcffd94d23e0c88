using System.ComponentModel.DataAnnotations;
using OrleansFlow.Decisions.Retention;
using OrleansFlow.Retention;

namespace OrleansFlow.Tests.Decisions.Retention;

/// <summary>What a sweep deletes, by age, count and size.</summary>
public sealed class RetentionBookTests
{
    private static readonly DateTimeOffset NowUtc = new(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Age_CountsFromTheEnd_AndStopsWhereNothingCanBeOldEnough()
    {
        var book = new RetentionBook(new RetentionOptions { RunAge = TimeSpan.FromDays(10) }, NowUtc, 0, 0);

        Assert.True(book.Choose(Run(30, 10)));
        Assert.False(book.Choose(Run(30, 9.9)));
        Assert.False(book.IsDone(Run(10, 0)));
        Assert.True(book.IsDone(Run(9.9, 0)));
    }

    [Theory]
    [InlineData(3, 0, 2)]
    [InlineData(5, 0, 0)]
    [InlineData(0, 250, 3)]
    [InlineData(4, 250, 3)]
    [InlineData(0, 500, 0)]
    public void CountAndSize_LetTheOldestGoUntilTheRestFits(long count, long bytes, int expected)
    {
        var book = new RetentionBook(new RetentionOptions { RunAge = TimeSpan.Zero, RunCountMax = count, ArtifactBytesMax = bytes }, NowUtc, 5, 500);

        Assert.Equal(expected, Enumerable.Range(0, 5).Select(index => Run(5 - index, 1)).TakeWhile(run => !book.IsDone(run)).Count(book.Choose));
    }

    [Fact]
    public void Sweep_ChoosesNoMoreThanItsMost()
    {
        var book = new RetentionBook(new RetentionOptions { SweepMax = 2 }, NowUtc, 0, 0);

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => book.Choose(Run(60, 60))));
        Assert.True(book.IsDone(Run(60, 60)));
    }

    [Fact]
    public void NoLimits_KeepEverything()
    {
        var options = new RetentionOptions { RunAge = TimeSpan.Zero };

        Assert.False(RetentionBook.NeedsCount(options));
        Assert.True(new RetentionBook(options, NowUtc, 0, 0).IsDone(Run(9_000, 9_000)));
    }

    [Theory]
    [InlineData("RunAge", -1, false)]
    [InlineData("RunAge", 0, true)]
    [InlineData("SweepInterval", 59, false)]
    [InlineData("SweepInterval", 60, true)]
    [InlineData("SweepMax", 0, false)]
    [InlineData("SweepMax", 1, true)]
    [InlineData("RunCountMax", -1, false)]
    [InlineData("ArtifactBytesMax", -1, false)]
    [InlineData("TaskAge", -1, false)]
    public void Options_OutsideTheirRange_AreNamed(string option, int value, bool isValid)
    {
        var options = new RetentionOptions();
        var property = typeof(RetentionOptions).GetProperty(option)!;
        property.SetValue(options, property.PropertyType == typeof(TimeSpan) ? TimeSpan.FromSeconds(value) : Convert.ChangeType(value, property.PropertyType, null));

        var faults = options.Validate(new ValidationContext(options)).ToList();

        Assert.Equal(isValid, faults.Count == 0);
        Assert.All(faults, fault => Assert.StartsWith($"OrleansFlow:Retention:{option} is ", fault.ErrorMessage, StringComparison.Ordinal));
    }

    private static EndedRun Run(double submittedDaysAgo, double endedDaysAgo) => new(NowUtc.AddDays(-submittedDaysAgo), NowUtc.AddDays(-endedDaysAgo), 100);
}
