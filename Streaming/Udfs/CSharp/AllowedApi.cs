namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>What restricted source may name: types by their full names, and members of them that it may not. Everything else is refused.</summary>
internal static class AllowedApi
{
    /// <summary>Namespaces of which each type is allowed.</summary>
    private static readonly HashSet<string> Namespaces = new(StringComparer.Ordinal) { "System.Collections.Generic", "System.Numerics" };

    private static readonly HashSet<string> Types = new(
        Join("System", """
            Object String Boolean Char Byte SByte Int16 UInt16 Int32 UInt32 Int64 UInt64 Int128 UInt128 Single Double Half Decimal Void ValueType Nullable Nullable`1 Array
            DateTime DateOnly TimeOnly DateTimeOffset TimeSpan DayOfWeek DateTimeKind Guid Math MathF Convert BitConverter HashCode Index Range Uri UriKind UriComponents UriFormat UriHostNameType Version
            Span`1 ReadOnlySpan`1 Memory`1 ReadOnlyMemory`1 MemoryExtensions ArraySegment`1 StringComparison StringComparer StringSplitOptions MidpointRounding Base64FormattingOptions
            Tuple Tuple`1 Tuple`2 Tuple`3 Tuple`4 Tuple`5 Tuple`6 Tuple`7 ValueTuple ValueTuple`1 ValueTuple`2 ValueTuple`3 ValueTuple`4 ValueTuple`5 ValueTuple`6 ValueTuple`7 ValueTuple`8
            Func`1 Func`2 Func`3 Func`4 Func`5 Func`6 Func`7 Func`8 Func`9 Action Action`1 Action`2 Action`3 Action`4 Action`5 Action`6 Predicate`1 Comparison`1 Converter`2
            IComparable IComparable`1 IEquatable`1 IFormattable ISpanFormattable IFormatProvider ICustomFormatter IParsable`1 ISpanParsable`1 IDisposable IConvertible TypeCode
            Exception ArgumentException ArgumentNullException ArgumentOutOfRangeException ArithmeticException DivideByZeroException FormatException IndexOutOfRangeException InvalidCastException
            InvalidOperationException NotSupportedException NullReferenceException OverflowException SystemException ApplicationException TimeoutException
            """)
        .Concat(Join("System.Collections", "IEnumerable IEnumerator ICollection IList IDictionary IComparer IEqualityComparer IStructuralComparable IStructuralEquatable"))
        .Concat(Join("System.Linq", "Enumerable IGrouping`2 ILookup`2 Lookup`2 IOrderedEnumerable`1"))
        .Concat(Join("System.Text", "StringBuilder Encoding UTF8Encoding ASCIIEncoding UnicodeEncoding Rune NormalizationForm StringRuneEnumerator SpanRuneEnumerator"))
        .Concat(Join("System.Text.RegularExpressions", "Regex RegexOptions Match MatchCollection MatchEvaluator Group GroupCollection Capture CaptureCollection ValueMatch RegexMatchTimeoutException RegexParseException"))
        .Concat(Join("System.Text.Json", "JsonDocument JsonDocumentOptions JsonElement JsonProperty JsonValueKind JsonException JsonCommentHandling"))
        .Concat(Join("System.Globalization", "CultureInfo NumberFormatInfo DateTimeFormatInfo NumberStyles DateTimeStyles TimeSpanStyles CharUnicodeInfo UnicodeCategory CompareOptions CompareInfo TextInfo Calendar GregorianCalendar ISOWeek CalendarWeekRule StringInfo"))
        .Concat(Join("System.Security.Cryptography", "SHA256 SHA1 SHA384 SHA512 MD5"))
        .Concat(Join("System.Runtime.CompilerServices", "DefaultInterpolatedStringHandler ITuple")),
        StringComparer.Ordinal);

    private static readonly HashSet<string> RefusedMembers = new(StringComparer.Ordinal)
    {
        "System.Object.GetType", "System.Object.MemberwiseClone", "System.Exception.GetType", "System.Exception.TargetSite", "System.Exception.StackTrace",
        "System.String.Intern", "System.String.IsInterned", "System.Array.Initialize",
        "System.Text.Encoding.RegisterProvider", "System.Text.RegularExpressions.Regex.CacheSize", "System.Text.RegularExpressions.Regex.CompileToAssembly",
        "System.Globalization.CultureInfo.CurrentCulture", "System.Globalization.CultureInfo.CurrentUICulture", "System.Globalization.CultureInfo.DefaultThreadCurrentCulture",
        "System.Globalization.CultureInfo.DefaultThreadCurrentUICulture", "System.Globalization.CultureInfo.ClearCachedData",

        // Functions give the same for the same arguments: a row that is taken back has to be found again. These are names that are refused in users' source; nothing here asks for the time.
        "System.DateTime.Now", "System.DateTime.UtcNow", "System.DateTime.Today", "System.DateTimeOffset.Now", "System.DateTimeOffset.UtcNow", "System.Guid.NewGuid", "System.Guid.CreateVersion7",
        "System.Linq.Enumerable.Shuffle",
    };

    /// <summary>Types of which one kind of member is allowed only.</summary>
    private static readonly Dictionary<string, string> OnlyMembers = new(StringComparer.Ordinal)
    {
        ["System.Security.Cryptography.SHA256"] = "HashData",
        ["System.Security.Cryptography.SHA1"] = "HashData",
        ["System.Security.Cryptography.SHA384"] = "HashData",
        ["System.Security.Cryptography.SHA512"] = "HashData",
        ["System.Security.Cryptography.MD5"] = "HashData",
    };

    /// <summary>Whether a type may be named.</summary>
    /// <param name="space">Its namespace.</param>
    /// <param name="name">Its name in metadata, without types around it; a nested type is asked for by the outermost one.</param>
    public static bool IsAllowed(string space, string name) => Namespaces.Contains(space) || Types.Contains($"{space}.{name}");

    /// <summary>Whether a member of an allowed type may be used.</summary>
    public static bool IsAllowedMember(string type, string member) =>
        !RefusedMembers.Contains($"{type}.{member}") && (!OnlyMembers.TryGetValue(type, out var only) || member == only);

    private static IEnumerable<string> Join(string space, string names) =>
        names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(name => $"{space}.{name}");
}
