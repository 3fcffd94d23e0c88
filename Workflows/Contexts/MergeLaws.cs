using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>Checks that a context type merges as <see cref="IMergeable{TSelf}"/> promises. For tests of users' own types.</summary>
/// <remarks>
/// Give samples that one run can reach: the empty value, a common start, and what several branches make of it, each with a writer of its own. The
/// empty value is added to them. Every pair and triple is tried: n samples cost n³ merges.
/// </remarks>
public static class MergeLaws
{
    /// <summary>Most samples.</summary>
    public const int MaxSamples = 64;

    /// <summary>Says every law that the samples break, each with the first samples that break it.</summary>
    /// <typeparam name="T">The context type.</typeparam>
    /// <param name="samples">1 to <see cref="MaxSamples"/> values.</param>
    /// <param name="laws">What to check.</param>
    /// <param name="comparer">What equal means; <see langword="null"/> for the type's own <c>Equals</c>.</param>
    /// <param name="json">How the type is written as JSON; <see langword="null"/> for the defaults.</param>
    /// <returns>Empty when all laws hold on these samples.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no samples, or too many.</exception>
    public static IReadOnlyList<MergeLawViolation> Check<T>(
        IReadOnlyList<T> samples, MergeLaw laws = MergeLaw.All, IEqualityComparer<T>? comparer = null, JsonSerializerOptions? json = null)
        where T : IMergeable<T>
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfZero(samples.Count, nameof(samples));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(samples.Count, MaxSamples, nameof(samples));
        var check = new Checker<T>(laws, comparer ?? EqualityComparer<T>.Default, json);
        check.Run([.. samples, T.Empty]);
        return check.Violations;
    }

    /// <summary>Throws when the samples break a law.</summary>
    /// <typeparam name="T">The context type.</typeparam>
    /// <param name="samples">1 to <see cref="MaxSamples"/> values.</param>
    /// <param name="laws">What to check.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>, with a problem for each law that is broken.</exception>
    public static void Require<T>(IReadOnlyList<T> samples, MergeLaw laws = MergeLaw.All)
        where T : IMergeable<T>
    {
        var violations = Check(samples, laws);
        if (violations.Count > 0)
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                [.. violations.Select(violation => new FlowProblem("merge_law", typeof(T).Name, violation.ToString()))]);
        }
    }

    private sealed class Checker<T>(MergeLaw laws, IEqualityComparer<T> comparer, JsonSerializerOptions? json)
        where T : IMergeable<T>
    {
        public List<MergeLawViolation> Violations { get; } = [];

        public void Run(T[] samples)
        {
            for (var a = 0; a < samples.Length; a++)
            {
                var x = samples[a];
                Expect(MergeLaw.Identity, () => x.Merge(T.Empty), x, a);
                Expect(MergeLaw.Identity, () => T.Empty.Merge(x), x, a);
                Expect(MergeLaw.Idempotence, () => x.Merge(x), x, a);
                Expect(MergeLaw.Json, () => Copy(x), x, a);
                for (var b = 0; b < samples.Length; b++)
                {
                    Pairs(samples, a, b);
                }
            }
        }

        private void Pairs(T[] samples, int a, int b)
        {
            var (x, y) = (samples[a], samples[b]);
            var merged = x.Merge(y);
            Expect(MergeLaw.Commutativity, () => y.Merge(x), merged, a, b);
            Expect(MergeLaw.Delta, () => x.Merge(merged.DeltaSince(x)), merged, a, b);
            Expect(MergeLaw.Json, () => Copy(x).Merge(Copy(y)), merged, a, b);
            if (laws.HasFlag(MergeLaw.Json))
            {
                Expect(MergeLaw.Delta, () => Copy(x).Merge(Copy(merged.DeltaSince(x))), merged, a, b);
            }

            for (var c = 0; c < samples.Length && laws.HasFlag(MergeLaw.Associativity); c++)
            {
                var z = samples[c];
                Expect(MergeLaw.Associativity, () => x.Merge(y.Merge(z)), merged.Merge(z), a, b, c);
            }
        }

        private T Copy(T value) => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, json), json)!;

        private void Expect(MergeLaw law, Func<T> actual, T expected, params int[] samples)
        {
            if (!laws.HasFlag(law) || Violations.Exists(violation => violation.Law == law))
            {
                return;
            }

            var value = actual();
            if (!comparer.Equals(value, expected))
            {
                Violations.Add(new(law, samples, $"{JsonSerializer.Serialize(value, json)} should be {JsonSerializer.Serialize(expected, json)}"));
            }
        }
    }
}
