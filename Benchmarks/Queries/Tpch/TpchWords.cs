namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>The word lists of the specification, clause 4.2.2.13, and the fixed rows of clause 4.2.3.</summary>
internal static class TpchWords
{
    public static readonly string[] Types1 = ["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"];
    public static readonly string[] Types2 = ["ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"];
    public static readonly string[] Types3 = ["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"];
    public static readonly string[] Containers1 = ["SM", "LG", "MED", "JUMBO", "WRAP"];
    public static readonly string[] Containers2 = ["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"];
    public static readonly string[] Segments = ["AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"];
    public static readonly string[] Priorities = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"];
    public static readonly string[] Instructions = ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"];
    public static readonly string[] Modes = ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"];

    public static readonly string[] Colors = Words(
        """
        almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse chiffon chocolate coral
        cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew
        hot indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy
        olive orange orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate
        smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow
        """);

    public static readonly string[] Regions = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"];

    /// <summary>Name and region of each nation, by its key.</summary>
    public static readonly (string Name, int Region)[] Nations =
    [
        ("ALGERIA", 0), ("ARGENTINA", 1), ("BRAZIL", 1), ("CANADA", 1), ("EGYPT", 4), ("ETHIOPIA", 0), ("FRANCE", 3), ("GERMANY", 3),
        ("INDIA", 2), ("INDONESIA", 2), ("IRAN", 4), ("IRAQ", 4), ("JAPAN", 2), ("JORDAN", 4), ("KENYA", 0), ("MOROCCO", 0),
        ("MOZAMBIQUE", 0), ("PERU", 1), ("CHINA", 2), ("ROMANIA", 3), ("SAUDI ARABIA", 4), ("VIETNAM", 2), ("RUSSIA", 3),
        ("UNITED KINGDOM", 3), ("UNITED STATES", 1),
    ];

    public static readonly string[] Nouns =
    [
        .. Words("packages requests accounts deposits foxes ideas theodolites"), "pinto beans",
        .. Words(
            """
            instructions dependencies excuses platelets asymptotes courts dolphins multipliers sauternes warthogs frets dinos attainments somas
            Tiresias' patterns forges braids
            """),
        "hockey players",
        .. Words(
            """
            frays warhorses dugouts notornis epitaphs pearls tithes waters orbits gifts sheaves depths sentiments decoys realms pains grouches
            escapades
            """),
    ];

    public static readonly string[] Verbs = Words(
        """
        sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose sublate solve thrash promise engage hinder print
        x-ray breach eat grow impress mold poach serve run dazzle snooze doze unwind kindle play hang believe doubt
        """);

    public static readonly string[] Adjectives = Words(
        """
        special pending unusual express furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged daring brave stealthy
        permanent enticing idle busy regular final ironic even bold silent
        """);

    public static readonly string[] Adverbs = Words(
        """
        sometimes always never furiously slyly carefully blithely quickly fluffily slowly quietly ruthlessly thinly closely doggedly daringly
        bravely stealthily permanently enticingly idly busily regularly finally ironically evenly boldly silently
        """);

    public static readonly string[] Prepositions =
    [
        .. Words(
            """
            about above across after against along among around at atop before behind beneath beside besides between beyond
            by despite during except for from inside into near of on outside over past since through throughout to toward under until up
            upon without with within
            """),
        "according to", "alongside of", "in place of", "instead of",
    ];

    public static readonly string[] Auxiliaries =
    [
        .. Words("do may might shall will would can could should"),
        "ought to", "must", "will have to", "shall have to", "could have to", "should have to", "must have to", "need to", "try to",
    ];

    public static readonly string[] Terminators = [".", ";", ":", "?", "!", "--"];

    private static string[] Words(string text) => text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
