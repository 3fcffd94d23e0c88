using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>
/// Pseudo text by the grammar of clause 4.2.2.14. A comment is a range of random place and length of one long text (clause 4.2.2.10).
/// </summary>
/// <remarks>
/// The long text has 8 MiB here and 300 MB in the specification: that many would take longer to make than a small data set. Lengths,
/// words and phrases are distributed alike; a long comment repeats somewhat sooner.
/// </remarks>
internal sealed class TpchText
{
    private const int ByteCount = 8 << 20;

    /// <summary>Longer than any sentence that the grammar makes.</summary>
    private const int SentenceBytesMax = 512;

    private static readonly WeightedWords Nouns = new(TpchWords.Nouns);
    private static readonly WeightedWords Verbs = new(TpchWords.Verbs);
    private static readonly WeightedWords Adjectives = new(TpchWords.Adjectives);
    private static readonly WeightedWords Adverbs = new(TpchWords.Adverbs);
    private static readonly WeightedWords Prepositions = new(TpchWords.Prepositions);
    private static readonly WeightedWords Auxiliaries = new(TpchWords.Auxiliaries);
    private static readonly WeightedWords Terminators = new(TpchWords.Terminators);

    private static readonly Lock Gate = new();
    private static (ulong Seed, TpchText Text)? _last;

    private readonly byte[] _bytes = new byte[ByteCount + SentenceBytesMax];
    private int _length;

    private TpchText(ulong seed)
    {
        for (var sentence = 0L; _length < ByteCount; sentence++)
        {
            var bits = new SeededBits(seed, TpchPurpose.Text, sentence);
            Sentence(ref bits);
        }
    }

    /// <summary>The text of a seed. The last one is kept: making it takes some tens of milliseconds.</summary>
    public static TpchText Of(ulong seed)
    {
        lock (Gate)
        {
            if (_last is not { } last || last.Seed != seed)
            {
                _last = last = (seed, new TpchText(seed));
            }

            return last.Text;
        }
    }

    /// <summary>A part of the text, of a length between the bounds (both included).</summary>
    public ReadOnlySpan<byte> Pick(ref SeededBits bits, int lengthMin, int lengthMax)
    {
        var length = bits.Between(lengthMin, lengthMax);
        return _bytes.AsSpan(bits.Below(ByteCount - length), length);
    }

    private void Sentence(ref SeededBits bits)
    {
        var form = bits.Below(5);
        NounPhrase(ref bits);
        if (form >= 3)
        {
            PrepositionalPhrase(ref bits);
        }

        VerbPhrase(ref bits);
        switch (form)
        {
            case 1 or 4:
                PrepositionalPhrase(ref bits);
                break;
            case 2 or 3:
                NounPhrase(ref bits);
                break;
        }

        // The terminator follows the last word without a space.
        _length--;
        Add(Terminators.Pick(ref bits));
    }

    private void NounPhrase(ref SeededBits bits)
    {
        switch (bits.Below(4))
        {
            case 1:
                Add(Adjectives.Pick(ref bits));
                break;
            case 2:
                Add(Adjectives.Pick(ref bits));
                _length--;
                Add(","u8);
                Add(Adjectives.Pick(ref bits));
                break;
            case 3:
                Add(Adverbs.Pick(ref bits));
                Add(Adjectives.Pick(ref bits));
                break;
        }

        Add(Nouns.Pick(ref bits));
    }

    private void VerbPhrase(ref SeededBits bits)
    {
        var form = bits.Below(4);
        if (form is 1 or 3)
        {
            Add(Auxiliaries.Pick(ref bits));
        }

        Add(Verbs.Pick(ref bits));
        if (form >= 2)
        {
            Add(Adverbs.Pick(ref bits));
        }
    }

    private void PrepositionalPhrase(ref SeededBits bits)
    {
        Add(Prepositions.Pick(ref bits));
        Add("the"u8);
        NounPhrase(ref bits);
    }

    private void Add(ReadOnlySpan<byte> word)
    {
        word.CopyTo(_bytes.AsSpan(_length));
        _length += word.Length;
        _bytes[_length++] = (byte)' ';
    }
}
