namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Aggregates whose partial states merge, so that they can be computed by panes, kept in checkpoints and moved between subtasks.</summary>
public enum AggregateKind
{
    /// <summary>Rows, or rows in which the argument is not null.</summary>
    Count = 0,

    /// <summary>The sum; null without a value. Whole numbers and decimals are summed in 128 bits.</summary>
    Sum = 1,

    /// <summary>The mean; null without a value.</summary>
    Average = 2,

    /// <summary>The smallest value; of floating-point numbers NaN is the greatest.</summary>
    Min = 3,

    /// <summary>The greatest value; of floating-point numbers NaN is the greatest.</summary>
    Max = 4,

    /// <summary>Variance of the whole: sum of squared distances from the mean, by the count.</summary>
    VariancePopulation = 5,

    /// <summary>Variance of a sample: by the count less one; null for fewer than two values.</summary>
    VarianceSample = 6,

    /// <summary>Square root of <see cref="VariancePopulation"/>.</summary>
    DeviationPopulation = 7,

    /// <summary>Square root of <see cref="VarianceSample"/>.</summary>
    DeviationSample = 8,

    /// <summary>Whether all values are true.</summary>
    And = 9,

    /// <summary>Whether one value is true.</summary>
    Or = 10,
}
