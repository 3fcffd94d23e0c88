namespace Orleans;

/// <summary>Fills an instance that exists already from a surrogate; lets annotated types derive from the value's type.</summary>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <typeparam name="TSurrogate">The type that is copied and written instead.</typeparam>
public interface IPopulator<TValue, TSurrogate>
    where TSurrogate : struct
    where TValue : class
{
    /// <summary>Sets the members of <paramref name="value"/>.</summary>
    /// <param name="surrogate">The surrogate.</param>
    /// <param name="value">The instance to fill.</param>
    void Populate(in TSurrogate surrogate, TValue value);
}
