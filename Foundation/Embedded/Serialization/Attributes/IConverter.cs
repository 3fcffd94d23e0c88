namespace Orleans;

/// <summary>Converts values of a type that cannot be annotated to a surrogate that can, and back.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <typeparam name="TSurrogate">The type that is copied and written instead.</typeparam>
public interface IConverter<TValue, TSurrogate>
    where TSurrogate : struct
{
    /// <summary>Makes a value from its surrogate.</summary>
    /// <param name="surrogate">The surrogate.</param>
    /// <returns>The value.</returns>
    TValue ConvertFromSurrogate(in TSurrogate surrogate);

    /// <summary>Makes the surrogate of a value.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The surrogate.</returns>
    TSurrogate ConvertToSurrogate(in TValue value);
}
