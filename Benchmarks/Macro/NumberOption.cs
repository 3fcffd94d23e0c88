namespace OrleansFlow.Benchmarks.Macro;

/// <summary>A number that a scenario is given.</summary>
/// <param name="value">Its default.</param>
/// <param name="min">The least that is taken.</param>
/// <param name="max">The most.</param>
internal sealed class NumberOption(int value, int min, int max)
{
    public int Value { get; set; } = value;

    public int Min => min;

    public int Max => max;
}
