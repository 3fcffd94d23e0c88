using System.Buffers;
using System.Text;
using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// A type name on the wire: <c>name</c>, then type arguments in <c>&lt;,&gt;</c>, then <c>[]</c> for each array. Those
/// characters are escaped by a backslash inside names.
/// </summary>
internal sealed class TypeName
{
    private const int LengthMax = 4096;
    private const int DepthMax = 16;
    private static readonly SearchValues<char> Special = SearchValues.Create("<>,[]\\");

    public required string Name { get; init; }

    public required IReadOnlyList<TypeName> Arguments { get; init; }

    public int ArrayRank { get; private init; }

    public static string Escape(string name)
    {
        if (name.AsSpan().IndexOfAny(Special) < 0)
        {
            return name;
        }

        var escaped = new StringBuilder();
        foreach (var character in name)
        {
            if (Special.Contains(character))
            {
                escaped.Append('\\');
            }

            escaped.Append(character);
        }

        return escaped.ToString();
    }

    public static TypeName Parse(string text)
    {
        if (text.Length > LengthMax)
        {
            throw new IllegalTypeException($"A type name has {text.Length} characters; {LengthMax} are allowed.");
        }

        var position = 0;
        var name = Parse(text, ref position, depth: 0);
        return position == text.Length ? name : throw Malformed(text, position);
    }

    private static TypeName Parse(string text, ref int position, int depth)
    {
        if (depth > DepthMax)
        {
            throw new IllegalTypeException($"Type name '{text}' nests more than {DepthMax} levels of type arguments.");
        }

        var name = new StringBuilder();
        while (position < text.Length && !"<>,[]".Contains(text[position], StringComparison.Ordinal))
        {
            if (text[position] == '\\' && ++position == text.Length)
            {
                throw Malformed(text, position);
            }

            name.Append(text[position++]);
        }

        var arguments = new List<TypeName>();
        if (position < text.Length && text[position] == '<')
        {
            do
            {
                position++;
                arguments.Add(Parse(text, ref position, depth + 1));
            }
            while (position < text.Length && text[position] == ',');

            Expect(text, ref position, '>');
        }

        var rank = 0;
        while (position < text.Length && text[position] == '[')
        {
            position++;
            Expect(text, ref position, ']');
            if (++rank > DepthMax)
            {
                throw new IllegalTypeException($"Type name '{text}' nests more than {DepthMax} arrays.");
            }
        }

        return name.Length == 0
            ? throw Malformed(text, position)
            : new TypeName { Name = name.ToString(), Arguments = arguments, ArrayRank = rank };
    }

    private static void Expect(string text, ref int position, char character)
    {
        if (position >= text.Length || text[position] != character)
        {
            throw Malformed(text, position);
        }

        position++;
    }

    private static IllegalTypeException Malformed(string text, int position) =>
        new($"Type name '{text}' is malformed at character {position}.");
}
