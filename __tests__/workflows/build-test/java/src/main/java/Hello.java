import org.apache.commons.lang3.StringUtils;

class Hello {
    public static void main(String[] args) {
        if (StringUtils.isNumeric("17")) System.out.println("built: java");
    }
}
